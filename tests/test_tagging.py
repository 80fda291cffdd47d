"""Tagging: evidence, its sums, and the same answer however a text is given."""

from __future__ import annotations

import json
import math
import pickle
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyberthemes import (
    CyberthemesError,
    Document,
    InputError,
    ModelError,
    Paragraph,
    TaggedArticle,
    Tagger,
    Taxonomy,
    Term,
    TermIndex,
    load_tagger,
)
from cyberthemes.terms import TermAnalyzer

LAW = "The new data security law restricts cross-border data flows of foreign firms."
RANSOM = "Ransomware crippled two hospitals, and the cyber police arrested a hacker."
PLAIN = "The bakery on the corner sells warm bread to the children of the street."
KNOWN = (LAW, RANSOM, "5G", "AI", "Belt and Road", "data security", "the", "U.S.", "e-commerce", "By Li Wei")
SEPARATORS = (" ", "\n", "\n\n", "\r\n", " - ", "")
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=12)  # lone surrogates too
MIXED = st.lists(st.sampled_from(KNOWN + SEPARATORS) | ANY_TEXT, max_size=8).map(" ".join)

# Each is a paragraph about digital policy, of at least 25 words where words are parted by spaces.
FOREIGN = {
    "French": (
        "Le gouvernement veut protéger les données personnelles des citoyens et renforcer la sécurité des "
        "réseaux numériques, car les plateformes étrangères collectent chaque jour des informations sur les "
        "utilisateurs sans leur accord."
    ),
    "German": (
        "Die Regierung will die Sicherheit der Netze stärken und die Daten der Bürger besser schützen, weil "
        "ausländische Plattformen täglich Informationen sammeln, ohne dass die Nutzer davon wissen oder "
        "ihnen zustimmen."
    ),
    "Spanish": (
        "El gobierno quiere proteger los datos personales de los ciudadanos y reforzar la seguridad de las "
        "redes digitales, porque las plataformas extranjeras recogen cada día información de los usuarios "
        "sin su permiso."
    ),
    "Italian": (
        "Il governo vuole proteggere i dati personali dei cittadini e rafforzare la sicurezza delle reti "
        "digitali, perché le piattaforme straniere raccolgono ogni giorno informazioni sugli utenti senza "
        "il loro consenso."
    ),
    "Portuguese": (
        "O governo quer proteger os dados pessoais dos cidadãos e reforçar a segurança das redes digitais, "
        "porque as plataformas estrangeiras recolhem todos os dias informações sobre os utilizadores sem a "
        "sua autorização."
    ),
    "Brazilian": (
        "A Anatel aprovou a rede 5G e a venda de chips de IA a empresas da China, e a agência disse que as "
        "regras a seguir são as mesmas e que a Huawei terá acesso a elas."
    ),
    "Dutch": (
        "De regering wil de persoonlijke gegevens van burgers beschermen en de veiligheid van digitale "
        "netwerken versterken, omdat buitenlandse platforms elke dag informatie over gebruikers verzamelen "
        "zonder dat zij dat weten."
    ),
    "Indonesian": (
        "Pemerintah ingin melindungi data pribadi warga dan memperkuat keamanan jaringan digital, karena "
        "platform asing setiap hari mengumpulkan informasi tentang pengguna internet tanpa izin mereka dan "
        "tanpa aturan yang jelas."
    ),
    "Turkish": (
        "Hükümet, yurttaşların kişisel verilerini korumak ve dijital ağların güvenliğini güçlendirmek "
        "istiyor, çünkü yabancı internet platformları her gün kullanıcılar hakkında onların izni olmadan "
        "çok sayıda bilgi topluyor ve bunları satıyor."
    ),
    "Vietnamese": (
        "Chính phủ muốn bảo vệ dữ liệu cá nhân của công dân và tăng cường an ninh mạng, vì các nền tảng "
        "internet nước ngoài mỗi ngày thu thập thông tin về người dùng mà không có sự đồng ý của họ."
    ),
    "Russian": (
        "Правительство хочет защитить личные данные граждан и усилить безопасность цифровых сетей, потому "
        "что иностранные платформы Huawei и Google каждый день собирают сведения о пользователях без их "
        "согласия и без ясных правил хранения."
    ),
    "Chinese": (
        "政府希望保护公民的个人信息,加强 5G 网络和 AI 平台的数据安全,因为外国平台每天都在未经用户同"
        "意的情况下收集大量数据,有关部门正在起草新的法律,要求企业把重要数据存储在境内,并定期接受安全检查。"
    ),
    "Arabic": (
        "تريد الحكومة حماية البيانات الشخصية للمواطنين وتعزيز أمن شبكات 5G الرقمية، لأن المنصات الأجنبية "
        "مثل Google تجمع كل يوم معلومات عن المستخدمين من دون موافقتهم ومن دون قواعد واضحة للتخزين."
    ),
}


@given(MIXED)
def test_paragraphs_and_evidence_stand_where_they_say(tagger: Tagger, text: str) -> None:
    article = tagger.tag(text)
    assert article.text == text
    for paragraph in article.paragraphs:
        assert text[paragraph.start : paragraph.end] == paragraph.text
        for tag in paragraph.tags:
            for piece in tag.evidence:
                assert paragraph.start <= piece.start < piece.end <= paragraph.end
                assert text[piece.start : piece.end] == piece.text


@given(MIXED)
def test_evidence_adds_up_to_the_score_and_the_score_to_the_probability(tagger: Tagger, text: str) -> None:
    tags = tagger.explain(text)
    assert sorted(tag.theme for tag in tags) == sorted(tagger.theme_ids)
    assert [tag.probability for tag in tags] == sorted((tag.probability for tag in tags), reverse=True)
    for tag in tags:
        contributions = [piece.contribution for piece in tag.evidence]
        assert math.isclose(tag.bias + math.fsum(contributions), tag.score, rel_tol=0, abs_tol=1e-9)
        assert math.isclose(tag.probability, 1 / (1 + math.exp(-tag.score)), rel_tol=0, abs_tol=1e-9)
        assert [abs(value) for value in contributions] == sorted(map(abs, contributions), reverse=True)
        assert all(text[piece.start : piece.end] == piece.text for piece in tag.evidence)


@given(MIXED)
def test_no_tag_without_evidence_and_a_reason_exactly_where_there_is_no_tag(tagger: Tagger, text: str) -> None:
    for paragraph in replace(tagger, thresholds=np.zeros(len(tagger.theme_ids))).tag(text).paragraphs:
        assert (paragraph.reason is None) == bool(paragraph.tags)
        assert all(any(piece.contribution > 0 for piece in tag.evidence) for tag in paragraph.tags)


@pytest.mark.usefixtures("two_blas_threads")
@given(st.lists(MIXED, max_size=3).flatmap(lambda texts: st.tuples(st.just(texts), st.permutations(texts))))
def test_an_answer_does_not_depend_on_the_batch(tagger: Tagger, lists: tuple[list[str], list[str]]) -> None:
    texts, shuffled = lists
    alone = {text: (tagger.tag(text), tagger.predict_proba([text])[0].tobytes()) for text in texts}
    for order in (texts, shuffled):
        rows = (row.tobytes() for row in tagger.predict_proba(order))
        assert list(zip(tagger.tag_batch(order), rows, strict=True)) == [alone[text] for text in order]


def test_whoever_keeps_one_tag_does_not_keep_the_batch(tagger: Tagger) -> None:
    documents = [Document(f"{LAW} {RANSOM} Case {number}.") for number in range(400)]
    alone, in_batch = (len(pickle.dumps(tagger.tag_documents(docs)[0])) for docs in (documents[:1], documents))
    assert in_batch == pytest.approx(alone, rel=0.05)


def test_many_threads_get_the_answer_of_one(tagger: Tagger, tmp_path: Path) -> None:
    texts = [f"{LAW} {number}.\n\n{RANSOM}" for number in range(24)]
    expected = list(tagger.tag_batch(texts))
    fresh = load_tagger(tagger.save(tmp_path))  # nothing computed yet, so that threads race for what it keeps
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(fresh.tag, texts)) == expected


@given(st.lists(MIXED, max_size=3))
def test_predict_probabilities_and_tags_agree(tagger: Tagger, texts: list[str]) -> None:
    predicted, probabilities = tagger.predict(texts), tagger.predict_proba(texts)
    assert predicted.shape == probabilities.shape == (len(texts), len(tagger.theme_ids))
    assert not (predicted & (probabilities < tagger.thresholds)).any()
    for text, applies, row in zip(texts, predicted, probabilities, strict=True):
        unit = Document(text, given_paragraphs=(Paragraph(0, len(text)),))
        tags = tagger.tag(unit).paragraphs[0].tags
        columns = [tagger.theme_ids.index(tag.theme) for tag in tags]
        assert sorted(columns) == np.flatnonzero(applies).tolist()
        assert [tag.probability for tag in tags] == row[columns].tolist()
        assert [tag.threshold for tag in tags] == tagger.thresholds[columns].tolist()


@given(MIXED)
def test_results_are_plain_data(tagger: Tagger, text: str) -> None:
    article = tagger.tag(Document(text, id="a1", date="2024-05-06", metadata={"page": 3}))
    fields = json.loads(json.dumps(article.to_dict()))
    assert (fields["id"], fields["text"], fields["date"], fields["metadata"]) == (
        "a1",
        text,
        "2024-05-06",
        {"page": 3},
    )
    assert fields["paragraphs"] == [json.loads(json.dumps(paragraph.to_dict())) for paragraph in article.paragraphs]
    tags = [json.loads(json.dumps(tag.to_dict())) for paragraph in article.paragraphs for tag in paragraph.tags]
    assert tags == [tag for paragraph in fields["paragraphs"] for tag in paragraph["tags"]]


def test_parts_of_a_result_are_plain_data_too(tagger: Tagger) -> None:
    article = tagger.tag(LAW)
    fields = article.to_dict()
    assert fields["themes"] == [theme.to_dict() for theme in article.themes] != []
    (first, *_), (tag, *_) = article.paragraphs[0].tags[0].evidence, fields["paragraphs"][0]["tags"]
    assert tag["evidence"][0] == first.to_dict()


def test_score_is_the_hand_computed_sum(small_taxonomy: Taxonomy) -> None:
    index = TermIndex(TermAnalyzer((1, 1), (), True), ["5g", "mast"], ["5G", "mast"], [3.0, 4.0])
    tagger = Tagger(
        small_taxonomy,
        index,
        np.array([[10.0, 0.0], [-5.0, 1.0]], dtype=np.float32),
        np.array([2.0, 7.0], dtype=np.float32),
        np.array([-1.0, -2.0]),
        np.array([0.5, 0.5]),
        np.array([0.1, 0.1]),
    )
    # TF-IDF of "5G masts" is (3, 4) / 5; the sole taxonomy term is "5G" of weight 1, taken as 0.95.
    tags = {tag.theme: tag for tag in tagger.explain("5G masts")}
    assert tags["5g"].score == pytest.approx(-1 + 0.6 * 10 - 0.8 * 5 + 0.95 * 2)
    assert tags["law"].score == pytest.approx(-2 + 0.8)
    assert [piece.text for piece in tags["5g"].evidence] == ["5G", "masts"]
    assert [piece.contribution for piece in tags["5g"].evidence] == pytest.approx([0.6 * 10 + 0.95 * 2, -4])
    assert tagger.predict(["5G masts", "rain"]).tolist() == [[True, False], [False, False]]


@pytest.mark.parametrize("text", ["", " \n\t\n ", "\u2029"])
def test_empty_text_has_no_paragraphs_and_no_themes(tagger: Tagger, text: str) -> None:
    article = tagger.tag(text)
    assert (article.paragraphs, article.themes) == ((), ())
    assert not tagger.predict([text]).any()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2020 2021 14.13 22,000.", "no known terms"),
        ("1 5 6.", "no known terms"),
        ("🙂🙂 … !!", "no known terms"),
        (PLAIN, "off topic"),
        ("Officials spoke of technology in China on Monday.", "none of these"),
        ("By Li Wei", "boilerplate"),
        ("Source: Data Security and 5G Daily", "boilerplate"),
        ("Copyright 2020 Cybersecurity Review. All rights reserved.", "boilerplate"),
    ],
)
def test_says_why_there_is_no_theme(tagger: Tagger, text: str, reason: str) -> None:
    article = tagger.tag(text)
    assert ([paragraph.reason for paragraph in article.paragraphs], article.themes) == ([reason], ())


@pytest.mark.parametrize("language", FOREIGN)
def test_other_languages_get_no_themes(tagger: Tagger, language: str) -> None:
    article = tagger.tag(FOREIGN[language])
    assert [paragraph.reason for paragraph in article.paragraphs] == ["not English"]
    assert not tagger.predict([FOREIGN[language]]).any()


@pytest.mark.parametrize("text", ["Сети 5G и AI", "5G 网络和数据安全", "شبكات 5G"])
def test_a_few_words_in_another_script_are_not_english(tagger: Tagger, text: str) -> None:
    assert [paragraph.reason for paragraph in tagger.tag(text).paragraphs] == ["not English"]


@pytest.mark.parametrize("text", [LAW, RANSOM, PLAIN, "Data security law", "CHINA ADOPTS DATA SECURITY LAW", ""])
def test_english_passes_as_english(tagger: Tagger, text: str) -> None:
    assert "not English" not in [paragraph.reason for paragraph in tagger.tag(text).paragraphs]


def test_given_paragraphs_are_taken_as_they_are(tagger: Tagger) -> None:
    paragraphs = [LAW + "\n\n" + PLAIN, "", "By Li Wei", RANSOM]
    article = tagger.tag(Document.from_paragraphs(paragraphs, id="a1", title="T", metadata={"page": 3}))
    assert [paragraph.text for paragraph in article.paragraphs] == paragraphs
    assert [paragraph.kind for paragraph in article.paragraphs] == ["body"] * 4
    assert (article.id, article.title, article.metadata) == ("a1", "T", {"page": 3})


def rolled_up(article: TaggedArticle) -> list[tuple[str, float, int, float]]:
    readable = [paragraph for paragraph in article.paragraphs if paragraph.kind != "boilerplate"]
    found: dict[str, list[float]] = {}
    for paragraph in readable:
        for tag in paragraph.tags:
            found.setdefault(tag.theme, []).append(tag.probability)
    rows = [(theme, max(values), len(values), len(values) / len(readable)) for theme, values in found.items()]
    return sorted(rows, key=lambda row: (-row[3], -row[1]))


def test_an_article_has_the_themes_of_any_paragraph(tagger: Tagger) -> None:
    article = tagger.tag(f"By Li Wei\n\n{LAW}\n\n{PLAIN}\n\n{RANSOM}\n\nRegulators drafted a data security law again.")
    themes = [(theme.theme, theme.probability, theme.paragraphs, theme.share) for theme in article.themes]
    assert themes == rolled_up(article)
    assert themes[0][0] == "data-security"
    assert themes[0][2:] == (2, 0.5)
    assert {"cybersecurity", "cybercrime"} & {theme[0] for theme in themes}


def test_a_saved_tagger_tags_identically(tagger: Tagger, tmp_path: Path) -> None:
    changed = replace(tagger, bias=tagger.bias + 0.125)
    loaded = load_tagger(changed.save(tmp_path / "model"))
    texts = [LAW, RANSOM, PLAIN, FOREIGN["French"]]
    assert loaded.predict_proba(texts).tobytes() == changed.predict_proba(texts).tobytes()
    assert list(loaded.tag_batch(texts)) == list(changed.tag_batch(texts))
    assert (loaded.taxonomy, loaded.theme_ids) == (changed.taxonomy, changed.theme_ids)
    assert loaded.hash
    assert loaded.hash != tagger.hash


def test_a_folder_that_is_no_tagger_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="nowhere"):
        load_tagger(tmp_path / "nowhere")


def _with(tagger: Tagger, name: str, value: Any) -> Tagger:
    changes: dict[str, Any] = {name: value}
    return replace(tagger, **changes)


ARRAYS = ("term_weights", "presence_weights", "bias", "thresholds", "prevalence")


@pytest.mark.parametrize("name", ARRAYS)
def test_a_wrong_shape_is_refused(tagger: Tagger, name: str) -> None:
    with pytest.raises(ModelError, match=name):
        _with(tagger, name, getattr(tagger, name)[:-1])


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("name", ARRAYS)
def test_values_that_are_no_numbers_are_refused(tagger: Tagger, name: str, value: float) -> None:
    array = np.array(getattr(tagger, name))
    array.flat[-1] = value
    with pytest.raises(ModelError, match=name):
        _with(tagger, name, array)


@pytest.mark.parametrize(("name", "value"), [("prevalence", -0.1), ("prevalence", 1.5), ("thresholds", -0.1)])
def test_refuses_shares_and_thresholds_that_cannot_be(tagger: Tagger, name: str, value: float) -> None:
    with pytest.raises(ModelError, match=name):
        _with(tagger, name, np.full(len(tagger.theme_ids), value))


@pytest.mark.parametrize("wrong", [[None], [LAW, 3], [b"5G"], LAW])
def test_only_lists_of_texts_are_taken(tagger: Tagger, wrong: Any) -> None:
    takers: tuple[Callable[[Any], Iterable[Any]], ...] = (
        tagger.predict,
        tagger.predict_proba,
        tagger.tag_batch,
    )
    for take in takers:
        with pytest.raises(InputError, match="expected"):
            list(take(wrong))


@pytest.mark.parametrize("wrong", [None, 3, b"5G", [LAW]])
def test_one_text_is_a_str_or_a_document(tagger: Tagger, wrong: Any) -> None:
    with pytest.raises(InputError, match="expected"):
        tagger.tag(wrong)
    with pytest.raises(InputError, match="expected"):
        tagger.explain(wrong)


def test_a_document_of_bytes_is_refused(tagger: Tagger) -> None:
    with pytest.raises(InputError, match="bytes"):
        tagger.tag(Document(b"5G"))  # type: ignore[arg-type]


def test_paragraphs_outside_the_text_are_refused(tagger: Tagger) -> None:
    with pytest.raises(InputError):
        tagger.tag(Document(LAW, given_paragraphs=(Paragraph(-9, -1), Paragraph(0, 10_000))))


def explained(tagger: Tagger, weight: float) -> int:
    """Explain a text by a taxonomy whose first theme has one term of some weight."""
    first, *others = tagger.taxonomy.themes
    bakery = replace(first, terms=(Term("bakery", weight=weight),))
    return len(replace(tagger, taxonomy=replace(tagger.taxonomy, themes=(bakery, *others))).explain(PLAIN))


def test_a_term_without_weight_is_refused(tagger: Tagger) -> None:
    assert explained(tagger, 0.5) == len(tagger.theme_ids)
    with pytest.raises(CyberthemesError, match="weight"):
        explained(tagger, 0.0)


def test_a_taxonomy_without_themes_is_refused(tagger: Tagger) -> None:
    n_terms = len(tagger.index)
    with pytest.raises(CyberthemesError):
        Tagger(
            Taxonomy("none", "1"),
            tagger.index,
            np.zeros((n_terms, 0), dtype=np.float32),
            np.zeros(0, dtype=np.float32),
            np.zeros(0),
            np.zeros(0),
            np.zeros(0),
        ).predict([LAW])


def test_taggers_can_be_compared_and_hashed(tagger: Tagger) -> None:
    assert replace(tagger, bias=tagger.bias + 1) != tagger
    assert len({tagger, tagger}) == 1
