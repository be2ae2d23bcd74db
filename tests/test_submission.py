import csv
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models_py import submission
from models_py.submission import Block, check_submission, read_submission, write_submission

KNOWN = [f"0{number:09d}" for number in range(700, 720)]
CUSTOMERS = ["00a", "00b", "00c"]
LISTS = [KNOWN[first : first + 12] for first in (0, 3, 8)]

# No surrogates, which UTF-8 can't hold; everything else may come in an id.
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
odd_texts = st.text(st.sampled_from(',"\r\n 0a\u2028\x85\x00\ufeff'), min_size=1, max_size=6)
customer_lists = st.lists(texts | odd_texts, unique=True, max_size=8)
article = st.from_regex(r"0[0-9]{9}", fullmatch=True) | (texts | odd_texts).map(
    lambda text: "".join(text.split()) or "0"
)
catalogues = st.lists(article, unique=True, min_size=12, max_size=30)


def write(path: Path, lists: Any = LISTS, customers: Any = CUSTOMERS, **options: Any) -> int:
    return write_submission(path, CUSTOMERS, [(customers, lists)], **options)


def places() -> npt.NDArray[np.int32]:
    """LISTS as the places of their articles among KNOWN."""
    return np.array([[KNOWN.index(article) for article in row] for row in LISTS], np.int32)


def changed_places(place: int, article: int) -> npt.NDArray[np.int32]:
    """The same of LISTS, with another article in the second customer's list."""
    found = places()
    found[1, place] = article
    return found


def changed(place: int, article_id: Any) -> list[list[Any]]:
    """LISTS with another article in the second customer's list."""
    lists: list[list[Any]] = [list(row) for row in LISTS]
    lists[1][place] = article_id
    return lists


def test_the_bytes_of_a_small_file(tmp_path: Path) -> None:
    path = tmp_path / "submission.csv"
    assert write(path, article_ids=KNOWN) == 3
    lines = [f"{c},{' '.join(row)}\n" for c, row in zip(CUSTOMERS, LISTS, strict=True)]
    assert path.read_bytes() == ("customer_id,prediction\n" + "".join(lines)).encode()
    assert lines[0].startswith("00a,0000000700 0000000701 ")
    assert os.listdir(tmp_path) == ["submission.csv"]
    # Whoever may read a file that one makes in the ordinary way may read this one.
    (tmp_path / "ordinary").touch()
    assert path.stat().st_mode == (tmp_path / "ordinary").stat().st_mode


def test_odd_ids_are_quoted_by_rfc_4180(tmp_path: Path) -> None:
    path = tmp_path / "submission.csv"
    customers = ["a,b", 'say "hi"', "two\r\nlines", "lone\rreturn", " 0 "]
    articles = ["1,5", 'a"b', *KNOWN[:10]]
    write_submission(path, customers, [(customers, [articles] * 5)])
    rest = " ".join(KNOWN[:10])
    expected = "customer_id,prediction\n" + "".join(
        f'{customer},"1,5 a""b {rest}"\n'
        for customer in ('"a,b"', '"say ""hi"""', '"two\r\nlines"', '"lone\rreturn"', " 0 ")
    )
    assert path.read_bytes() == expected.encode()


@settings(deadline=None)
@given(customer_lists, catalogues, st.integers(0, 8))
@example(["0", "00", "000"], KNOWN, 1)
def test_round_trip(customers: list[str], known: list[str], split: int) -> None:
    lists = [(known[i:] + known[:i])[:12] for i in range(len(customers))]
    blocks: list[Block] = [
        (customers[:split], lists[:split]),
        (np.array(customers[split:], dtype=object), np.array(lists[split:], dtype=object)),
    ]
    with TemporaryDirectory() as folder:
        path = Path(folder, "submission.csv")
        assert write_submission(path, customers, blocks, known) == len(customers)
        assert check_submission(path, customers, known) == len(customers)
        found = read_submission(path)
        # The standard library's reader is the independent witness.
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
    assert list(found.columns) == ["customer_id", "prediction"]
    assert found["customer_id"].tolist() == customers
    assert [text.split(" ") for text in found["prediction"]] == lists
    assert rows[0] == ["customer_id", "prediction"]
    assert rows[1:] == [[c, " ".join(row)] for c, row in zip(customers, lists, strict=True)]


@pytest.mark.parametrize("dtype", [object, np.str_])
@pytest.mark.parametrize("sizes", [[25], [7, 0, 18], [1] * 25])
def test_blocks_and_types_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dtype: Any, sizes: list[int]
) -> None:
    monkeypatch.setattr(submission, "PART_ROWS", 10)
    customers = [f"{i:03d}" for i in range(25)]
    lists = [[KNOWN[(i + j) % 20] for j in range(12)] for i in range(25)]
    write_submission(tmp_path / "whole.csv", customers, [(customers, lists)])

    def blocks() -> Iterator[Block]:
        start = 0
        for size in sizes:
            part = slice(start, start + size)
            start += size
            yield (
                np.array(customers[part], dtype=dtype),
                np.array(lists[part], dtype=dtype).reshape(size, 12),
            )

    ids = pd.Series(customers)
    write_submission(tmp_path / "parts.csv", ids, blocks(), pd.Series(KNOWN))
    assert (tmp_path / "parts.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint16])
def test_places_of_articles_do_as_well_as_their_ids(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dtype: Any
) -> None:
    monkeypatch.setattr(submission, "PART_ROWS", 2)
    write(tmp_path / "ids.csv", article_ids=KNOWN)
    # However odd the rest of the catalogue is.
    for more in ([], ["0 9", "\ud800", 'a"b', KNOWN[0]]):
        write(tmp_path / "places.csv", places().astype(dtype), article_ids=[*KNOWN, *more])
        assert (tmp_path / "places.csv").read_bytes() == (tmp_path / "ids.csv").read_bytes()
    odd = ["1,5", 'a"b', *KNOWN]
    write(tmp_path / "ids.csv", [odd[:12]] * 3, article_ids=odd)
    write(tmp_path / "places.csv", np.tile(np.arange(12, dtype=dtype), (3, 1)), article_ids=odd)
    assert (tmp_path / "places.csv").read_bytes() == (tmp_path / "ids.csv").read_bytes()


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    link = tmp_path / "submission.csv"
    link.symlink_to(tmp_path / "store" / "real.csv")
    write(link)
    assert link.is_symlink()
    assert check_submission(tmp_path / "store" / "real.csv", CUSTOMERS, KNOWN) == 3


REFUSED: list[tuple[Any, Any, Any, str]] = [
    (CUSTOMERS, changed(4, KNOWN[3]), None, "'00b' has article '0000000703' more than once"),
    (CUSTOMERS, changed(4, KNOWN[3]), KNOWN, "'00b' has article '0000000703' more than once"),
    (CUSTOMERS, changed(4, "099"), KNOWN, "'00b' has an unknown article '099'"),
    (CUSTOMERS, changed(4, "0 9"), None, "'00b' has an article id with white space: '0 9'"),
    (CUSTOMERS, changed(4, "0 9"), [*KNOWN, "0 9"], "id with white space: '0 9'"),
    (CUSTOMERS, changed(4, 703), None, "'00b' has an article id that is not text: 703"),
    (CUSTOMERS, changed(4, 703), KNOWN, "'00b' has an article id that is not text: 703"),
    (CUSTOMERS, changed(4, [7]), None, r"'00b' has an article id that is not text: \[7\]"),
    *(
        (CUSTOMERS, changed(11, empty), None, "'00b' has 11 articles, 12 are needed")
        for empty in ("", None, np.nan, pd.NA)
    ),
    (CUSTOMERS, [LISTS[0], LISTS[1][:11], LISTS[2]], None, "'00b' has 11 articles"),
    (CUSTOMERS, [LISTS[0], KNOWN[:13], LISTS[2]], None, "'00b' has 13 articles"),
    (CUSTOMERS, [LISTS[0], [*KNOWN[:12], ""], LISTS[2]], None, "'00b' has an empty place"),
    (CUSTOMERS, [LISTS[0], "abcdefghijkl", LISTS[2]], None, "'00b' has no list of articles but"),
    (CUSTOMERS, [1, 2, 3], None, "'00a' has no list of articles but 1"),
    (["00a", "00b", "00b"], LISTS, None, "'00b' is given twice"),
    (["00a", "00b", "0b"], LISTS, None, "'0b' is not among the customers to recommend to"),
    (["00a", "00c", "00b"], LISTS, None, "'00c' is out of order: '00b' comes next"),
    (["00a", "00b"], LISTS[:2], None, r"'00c' has no recommendations \(2 of 3 customers"),
    (["00a", "00b"], LISTS, None, "2 customer ids and 3 lists of articles"),
    ([*CUSTOMERS, "00a"], [*LISTS, LISTS[0]], None, "'00a' is given twice"),
    (CUSTOMERS, LISTS, [703], "known article id must be text, got 703"),
    (CUSTOMERS, changed_places(4, 3), KNOWN, "'00b' has article '0000000703' more than once"),
    (CUSTOMERS, changed_places(4, 20), [*KNOWN, KNOWN[3]], "'0000000703' more than once"),
    (CUSTOMERS, changed_places(4, 20), [*KNOWN, "0 9"], "id with white space: '0 9'"),
    (CUSTOMERS, changed_places(4, 20), [*KNOWN, "\ud800"], r"not valid Unicode in the line '00b,"),
    (CUSTOMERS, changed_places(4, 20), KNOWN, "'00b' has an article id that is not text: 20"),
    (CUSTOMERS, changed_places(4, -1), KNOWN, "'00b' has an article id that is not text: -1"),
    (CUSTOMERS, places(), None, "'00a' has an article id that is not text: 0"),
    (CUSTOMERS, places()[:, :11], KNOWN, "'00a' has 11 articles, 12 are needed"),
    (["00a", "00b", "0b"], places(), KNOWN, "'0b' is not among the customers to recommend to"),
    (CUSTOMERS, changed(4, "\ud800"), None, r"not valid Unicode in the line '00b,.*\\ud800"),
]


@pytest.mark.parametrize(("customers", "lists", "known", "message"), REFUSED)
def test_a_refusal_changes_nothing(
    tmp_path: Path, customers: Any, lists: Any, known: Any, message: str
) -> None:
    path = tmp_path / "submission.csv"
    path.write_text("as it was")
    with pytest.raises(ValueError, match=message):
        write(path, lists, customers, article_ids=known)
    assert os.listdir(tmp_path) == ["submission.csv"]
    assert path.read_text() == "as it was"


@pytest.mark.parametrize(
    ("customers", "message"),
    [
        (["0", "1", "0"], "customer '0' is twice among the customers"),
        (["0", ""], "customer id must be text and not empty, got ''"),
        (["0", 1], "customer id must be text and not empty, got 1"),
        (["0", None], "customer id must be text and not empty, got None"),
    ],
)
def test_refuses_the_customers_to_recommend_to(
    tmp_path: Path, customers: list[Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        write_submission(tmp_path / "submission.csv", customers, [])
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_of_the_source_changes_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    def blocks() -> Iterator[Block]:
        yield CUSTOMERS[:2], LISTS[:2]
        assert len(os.listdir(tmp_path)) == 2
        raise error

    path = tmp_path / "submission.csv"
    path.write_text("as it was")
    with pytest.raises(error):
        write_submission(path, CUSTOMERS, blocks())
    assert os.listdir(tmp_path) == ["submission.csv"]
    assert path.read_text() == "as it was"


def test_readers_see_the_old_file_until_the_new_one_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "submission.csv"
    write(path)
    before = path.read_bytes()
    seen = []

    def blocks() -> Iterator[Block]:
        for customer, row in zip(CUSTOMERS, reversed(LISTS), strict=True):
            seen.append(path.read_bytes())
            yield [customer], [row]

    write_submission(path, CUSTOMERS, blocks())
    assert seen == [before] * 3
    assert path.read_bytes() != before


def test_the_file_is_on_disk_before_it_replaces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    for name in ("fsync", "replace"):
        original = getattr(os, name)

        def record(*arguments: Any, name: str = name, original: Any = original) -> None:
            calls.append(name)
            original(*arguments)

        monkeypatch.setattr(os, name, record)
    write(tmp_path / "submission.csv")
    assert calls == ["fsync", "replace"]


def test_names_the_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no folder .*/absent to write s\.csv to"):
        write(tmp_path / "absent" / "s.csv")
    with pytest.raises(IsADirectoryError, match="is a folder"):
        write(tmp_path)


GOOD = [
    "customer_id,prediction",
    *(f"{c},{' '.join(r)}" for c, r in zip("abc", LISTS, strict=True)),
]


def file_with(line: int, text: str) -> str:
    return "\n".join([*GOOD[:line], text, *GOOD[line + 1 :]]) + "\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the file is empty, the header must be customer_id,prediction"),
        (
            file_with(0, "customer,prediction"),
            r"the header must be .*, got 'customer,prediction\\n'",
        ),
        (file_with(0, "\ufeff" + GOOD[0]), "the header must be customer_id,prediction, got"),
        (file_with(0, '"customer_id",prediction'), "the header must be customer_id,prediction"),
        ("\n".join(GOOD), "line 4: must end with LF alone"),
        ("\r\n".join(GOOD) + "\r\n", "line 1: must end with LF alone"),
        (file_with(2, GOOD[2] + "\r"), "line 3: must end with LF alone"),
        (file_with(2, ""), "line 3: 0 fields, 2 are needed"),
        (file_with(2, GOOD[2] + ","), "line 3: 3 fields, 2 are needed"),
        (file_with(2, 'b,"' + GOOD[2][2:]), "line 4: unexpected end of data"),
        (file_with(2, "b\r" + GOOD[2][1:]), "line 3: new-line character seen in unquoted field"),
        (file_with(2, "b," + GOOD[2][3:]), "line 3: customer 'b' has an unknown article '0000007"),
        (file_with(2, GOOD[2] + " "), "line 3: customer 'b' has an empty place"),
        (file_with(2, GOOD[2].replace(" ", "  ", 1)), "line 3: customer 'b' has an empty place"),
        (file_with(2, GOOD[2].replace(" ", "\t", 1)), "'b' has 11 articles, 12 are needed"),
        (file_with(2, GOOD[2][:-11]), "line 3: customer 'b' has 11 articles, 12 are needed"),
        (file_with(2, f"{GOOD[2]} {KNOWN[0]}"), "'b' has 13 articles, 12 are needed"),
        (file_with(2, GOOD[2][:-10] + KNOWN[3]), "'b' has article '0000000703' more than once"),
        (file_with(2, GOOD[1]), "line 3: customer 'a' is given twice"),
        (file_with(2, "x" + GOOD[2][1:]), "line 3: customer 'x' is not among the customers"),
        (file_with(2, GOOD[3]), "line 3: customer 'c' is out of order: 'b' comes next"),
        ("\n".join(GOOD[:3]) + "\n", r"customer 'c' is missing \(2 of 3 customers are there\)"),
        (file_with(4, GOOD[1]), "line 5: customer 'a' is given twice"),
    ],
)
def test_check_names_what_is_wrong(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "submission.csv"
    path.write_bytes(content.encode())
    with pytest.raises(ValueError, match=message) as refusal:
        check_submission(path, "abc", KNOWN)
    assert str(refusal.value).startswith(str(path))


def test_check_accepts_what_is_right(tmp_path: Path) -> None:
    path = tmp_path / "submission.csv"
    # Quotes that are not needed are still RFC 4180.
    path.write_text(file_with(2, f'"b","{GOOD[2][2:]}"'))
    assert check_submission(path, "abc", KNOWN) == 3
    assert read_submission(path)["customer_id"].tolist() == ["a", "b", "c"]


def test_check_names_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "submission.csv"
    path.write_bytes(file_with(2, "bé" + GOOD[2][1:]).encode("latin-1"))
    with pytest.raises(ValueError, match=r"submission\.csv: not UTF-8"):
        check_submission(path, ["a", "bé", "c"], KNOWN)
