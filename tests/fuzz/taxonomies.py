"""Any bytes as a taxonomy's file: a Taxonomy that works and comes back from YAML, or an error that says what is wrong.

Run, in the folder ``tests``: python -m fuzz.run taxonomies --seconds 180
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from cyberthemes import InputError, Taxonomy, TaxonomyError
from fuzz.watch import nothing_is_run

FOLDER = tempfile.TemporaryDirectory(prefix="fuzz-")
TEXT = "The ITU’s new product certification, 5G and the data-law of a birth certificate."
YAML = """id: my-themes
version: "1"
themes:
  - id: standards
    name: Technical standards
    group: governance
    definition: Setting standards.
    include: [testing]
    terms:
      - technical standard
      - {term: ITU, weight: 0.7}
      - {term: certification, needs: [product], unless: [birth certificate]}
    examples:
      match: [The ITU met.]
      no_match: [A high standard.]
"""
SEEDS = (
    YAML,
    '{"id": "a", "version": "1", "themes": [{"id": "x", "name": "X", "terms": ["5G", "data law"]}]}',
    "id: a\nversion: 1\nthemes:\n- {id: x, name: X, terms: [2021-01-01, 1.0, .nan, ~, yes, 0x1F, 1:30]}\n",
    "id: &a !!python/object/apply:os.getcwd []\nthemes: *a\n<<: {id: b}\n",
    YAML.replace("standards", "standards\n  - id: standards").replace("0.7", ".inf"),
)
WORDS = (
    "id: ", "version: ", "themes:", "- id: x", "name: ", "terms: [", "term: ", "weight: ", "needs: [", "unless: [",
    "examples: {", "match: [", "&a ", "*a", "<<: ", "!!python/object/apply:os.getcwd", "!!set", "!!binary ", "? ",
    "| ", ">-\n", ".nan", ".inf", "1e999", "2021-01-01", "2021-02-30", "0o8", "1:61", "~", "yes", "---\n", "\x85",
)  # fmt: skip


def opened(path: Path) -> Taxonomy | InputError | TaxonomyError:
    try:
        return Taxonomy.read(path)
    except (InputError, TaxonomyError) as error:
        return error


def check(data: bytes) -> None:
    path = Path(FOLDER.name, "themes.yaml")
    path.write_bytes(data)
    with nothing_is_run():
        taxonomy = opened(path)
        if not isinstance(taxonomy, Taxonomy):
            assert path.name in str(taxonomy)
            return
        assert Taxonomy.from_dict(taxonomy.to_dict()) == taxonomy
        assert Taxonomy.read(taxonomy.write(path)) == taxonomy
        ids = {(theme.id, term.text) for theme, term in taxonomy.terms()}
        for hit in taxonomy.find(TEXT):
            assert (hit.theme, hit.term) in ids
            assert 0 <= hit.start < hit.end <= len(TEXT)
        for theme, term in taxonomy.terms():
            if "".join(term.text.split()).isalnum() and not term.unless:
                found = taxonomy.find(" ".join([term.text, *term.needs[:1]]))
                assert theme.id in {hit.theme for hit in found}, (theme.id, term)
