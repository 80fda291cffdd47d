// The page can be read without this: it adds filters, links that open what they point to, and figures for each mark.
(() => {
  "use strict";
  const find = (id) => document.getElementById(id);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const [theme, source, from, to, least] = ["f-theme", "f-source", "f-from", "f-to", "f-p"].map(find);
  const controls = [theme, source, from, to, least].filter(Boolean);
  const articles = all(".article").map((node) => ({
    node,
    source: node.dataset.s,
    date: node.dataset.d,
    matches: node.querySelector(".matches"),
    said: node.querySelector(".matches").textContent,
    paragraphs: all(".para", node).map((para) => ({
      node: para,
      counts: !para.classList.contains("boilerplate"),
      chips: all(".chip", para).map((chip) => ({ item: chip.parentNode, theme: chip.dataset.t, p: Number(chip.dataset.p) })),
    })),
  }));
  const valueOf = (control) => (control ? control.value : "");
  const plural = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;

  function matches(paragraph, wanted, floor, isNarrowed) {
    const shown = paragraph.chips.filter((chip) => chip.p >= floor);
    for (const chip of paragraph.chips) chip.item.hidden = chip.p < floor;
    if (wanted === "none") return paragraph.counts && shown.length === 0;
    if (wanted === "any" || (wanted === "" && isNarrowed)) return shown.length > 0;
    return wanted === "" || shown.some((chip) => chip.theme === wanted);
  }

  function isWanted(article) {
    if (valueOf(source) && article.source !== source.value) return false;
    const [first, last] = [valueOf(from), valueOf(to)];
    if ((first || last) && !article.date) return false;
    return !(first && article.date < first) && !(last && article.date > last);
  }

  function filter() {
    const isNarrowed = least.value !== least.min;
    const floor = isNarrowed ? Number(least.value) : 0;
    find("f-p-out").textContent = Number(least.value).toFixed(2);
    const isPartial = theme.value !== "" || isNarrowed;
    let [nParagraphs, nArticles] = [0, 0];
    for (const article of articles) {
      const isOne = isWanted(article);
      let own = 0;
      for (const paragraph of article.paragraphs) {
        const isMatch = isOne && matches(paragraph, theme.value, floor, isNarrowed);
        paragraph.node.hidden = !isMatch;
        own += isMatch && paragraph.counts;
      }
      article.node.hidden = !isOne || (isPartial && own === 0);
      article.matches.textContent = isPartial ? `${own} of ${article.said}` : article.said;
      if (!article.node.hidden) {
        nParagraphs += own;
        nArticles += 1;
      }
    }
    const isAll = controls.every((control) => control.value === (control === least ? least.min : ""));
    find("count").textContent =
      `${plural(nParagraphs, "paragraph")} in ${plural(nArticles, "article")}` + (isAll ? "" : " with these filters");
    find("nothing").hidden = nArticles > 0;
  }

  function reset() {
    for (const control of controls) control.value = control === least ? least.min : "";
    filter();
  }

  function openAll(isOpen) {
    for (const article of articles) if (!article.node.hidden) article.node.open = isOpen;
  }

  function show(wanted) {
    reset();
    theme.value = wanted;
    filter();
    openAll(true);
    find("articles").scrollIntoView();
    theme.focus({ preventScroll: true });
  }

  // What a link points to may be inside something closed, or filtered out.
  function reveal() {
    const target = find(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.hidden || target.closest("[hidden]")) reset();
    for (let node = target; node; node = node.parentElement) if (node.localName === "details") node.open = true;
    target.scrollIntoView();
  }

  const actions = {
    open: () => openAll(true),
    close: () => openAll(false),
    reset,
    show: (button) => show(button.dataset.t),
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.act) actions[button.dataset.act](button);
    else if (button.matches(".chip")) button.focus(); // some browsers do not focus a button that is tapped
  });
  document.addEventListener("click", (event) => {
    // A link to where the page already is makes no hashchange.
    const link = event.target.closest('a[href^="#"]');
    if (link && link.getAttribute("href") === location.hash) reveal();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    tip.hidden = true;
    for (const chips of all(".chips:has(:hover, :focus)")) chips.classList.add("shut");
  });
  for (const kind of ["pointerover", "focusin"]) {
    document.addEventListener(kind, (event) => {
      if (event.target.closest(".chip")) event.target.closest(".chips").classList.remove("shut");
    });
  }

  const tip = find("tip");
  function showTip(mark) {
    const chips = all(".chip", mark.closest(".para"));
    tip.replaceChildren(
      ...mark.dataset.w.split(" ").map((pair) => {
        const [number, added] = pair.split(":");
        const [line, name, value] = ["div", "span", "b"].map((kind) => document.createElement(kind));
        name.textContent = chips[Number(number)].childNodes[1].textContent.trim();
        value.textContent = `+${added}`;
        line.append(name, value);
        return line;
      }),
    );
    tip.hidden = false;
    const [place] = mark.getClientRects();
    const { width, height } = tip.getBoundingClientRect();
    const below = place.bottom + 6 + height < innerHeight;
    tip.style.left = `${Math.max(8, Math.min(place.left, innerWidth - width - 8))}px`;
    tip.style.top = `${below ? place.bottom + 6 : place.top - height - 6}px`;
  }
  for (const kind of ["pointerover", "click"]) {
    document.addEventListener(kind, (event) => {
      const mark = event.target.closest("mark[data-w]");
      if (mark) showTip(mark);
      else tip.hidden = true;
    });
  }
  addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });

  const opened = new Set();
  addEventListener("beforeprint", () => {
    for (const node of all(".article:not([open])")) {
      opened.add(node);
      node.open = true;
    }
  });
  addEventListener("afterprint", () => {
    for (const node of opened) node.open = false;
    opened.clear();
  });

  for (const control of controls) control.addEventListener("input", filter);
  document.documentElement.classList.add("scripted");
  find("filters").hidden = false;
  find("filters").addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", reveal);
  reset(); // a browser that reloads may have kept what was chosen
  if (location.hash) reveal();
})();
