"""Tag articles on a Dask cluster: here two processes of this machine, elsewhere as many machines as there are.

Run: python examples/tag_on_dask.py [PATH ...]     (without a path: the seed articles; needs dask[distributed])

Every worker opens the model from its folder, so it must stand at the same path on every machine; a tagger that was
never saved is sent to them whole.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import joblib
from distributed import Client, LocalCluster

from cyberthemes import Document, load_tagger, read

SEEDS = Path(__file__).parent.parent / "seeds"


def documents() -> Iterator[Document]:
    for path in sys.argv[1:] or map(str, sorted(SEEDS.glob("*.txt"))):
        yield from read(Path(path))


def main() -> None:
    tagger = load_tagger()
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        print("paragraphs  foremost themes")
        for article in tagger.tag_batch(documents()):
            themes = ", ".join(theme.theme for theme in article.themes[:3])
            print(f"{len(article.paragraphs):10}  {themes or article.reason}")


if __name__ == "__main__":
    main()
