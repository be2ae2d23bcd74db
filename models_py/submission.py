"""submission.csv: twelve article ids a customer. Write it, read it back, check it."""

import contextlib
import csv
import itertools
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from models_py import replacing

HEADER = "customer_id,prediction"
N_ARTICLES = 12
# Rows that are turned into Python objects at a time: few enough to stay in the processor's cache.
PART_ROWS = 1000

Block = tuple[
    Sequence[str] | npt.NDArray[Any],
    Sequence[Sequence[str]] | npt.NDArray[Any],
]

# What RFC 4180 (2.6) wants quoted. Not left to csv.writer: with LF line ends it writes a carriage
# return bare.
QUOTED = ',"\r\n'


def write_submission(
    path: str | os.PathLike[str],
    customer_ids: Iterable[str],
    recommendations: Iterable[Block],
    article_ids: Iterable[str] | None = None,
) -> int:
    """Write `customer_id,prediction`, a line for each customer; or change nothing at all.

    UTF-8, LF line ends, ids as they are given (leading zeros kept), fields quoted where RFC 4180
    asks for it. The lines go to a temporary file in the folder of `path`, which replaces `path`
    once it is complete and on disk, and has its permissions. On any error, of `recommendations`
    itself too, the temporary file is removed and `path` stays as it was.

    Parameters
    ----------
    path : path
        A symbolic link is followed. The folder must exist.
    customer_ids : iterable of str
        Each customer that the file must hold, once, in the order of the file. Held in memory.
    recommendations : iterable of (customer_id, article_id)
        Blocks of any number of rows, which in turn give the customers of `customer_ids` in that
        order: ids of shape (n,), text; articles of shape (n, 12), best first, text or whole
        numbers, the places (from 0) of the articles in `article_ids`, which is faster. Blocks are
        read one at a time: give a generator to hold one block in memory.
    article_ids : iterable of str, optional
        The known articles. Without it, any article is taken that is given as text.

    Returns
    -------
    int
        Number of customers written.

    Raises
    ------
    ValueError
        A customer who is given twice, missing, unexpected or out of order, or whose list is not
        twelve distinct known articles without white space in their ids.
    FileNotFoundError, IsADirectoryError
        There is no folder to write to, or `path` is one.
    """
    target = Path(path).resolve()
    if not target.parent.is_dir():
        raise FileNotFoundError(f"no folder {target.parent} to write {target.name} to")
    if target.is_dir():
        raise IsADirectoryError(f"{target} is a folder")
    expected = _distinct(customer_ids)
    catalogue = None if article_ids is None else _Catalogue(list(article_ids))
    # Named here and not by tempfile, which would make the result unreadable to others.
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}.tmp")
    try:
        replacing.create(temporary, target)
        with open(temporary, "wb") as file:
            file.write(f"{HEADER}\n".encode())
            n = 0
            for lines in _lines(recommendations, expected, catalogue):
                file.write(_encoded(lines))
                n += len(lines)
            if n < len(expected):
                raise ValueError(
                    f"customer {expected[n]!r} has no recommendations "
                    f"({n} of {len(expected)} customers were given)"
                )
            file.flush()
            os.fsync(file.fileno())
        replacing.keep_permissions(temporary, target)
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
        raise
    return n


def read_submission(path: str | os.PathLike[str]) -> pd.DataFrame:
    """The file as it is: text columns `customer_id` and `prediction`, in the order of the file.

    Raises ValueError where the format is not that of `write_submission`; what the rows say is
    for `check_submission`.
    """
    rows = [(customer, prediction) for _, customer, prediction in _records(path)]
    return pd.DataFrame(rows, columns=HEADER.split(","), dtype="str")


def check_submission(
    path: str | os.PathLike[str], customer_ids: Iterable[str], article_ids: Iterable[str]
) -> int:
    """Check a file against the contract; the number of its customers if it keeps it.

    Reads line by line. `customer_ids` are the customers in the order that the file must have,
    `article_ids` the known articles.

    Raises
    ------
    ValueError
        The first breach, with the file and its line: header, encoding or line ends, a customer
        who is there twice, missing, unexpected or out of order, a list that is not twelve
        distinct known articles separated by one space.
    """
    expected = _distinct(customer_ids)
    known = _known(article_ids)
    n = 0
    for line, customer, prediction in _records(path):
        fault = _customer_fault(customer, expected, n) or _list_fault(prediction.split(" "), known)
        if fault:
            raise ValueError(f"{path}, line {line}: customer {customer!r} {fault}")
        n += 1
    if n < len(expected):
        raise ValueError(
            f"{path}: customer {expected[n]!r} is missing "
            f"({n} of {len(expected)} customers are there)"
        )
    return n


class _Catalogue:
    """The known articles, and lists that are given as places among them."""

    def __init__(self, article_ids: list[str]) -> None:
        self._article_ids = article_ids
        self.known = _known(article_ids)
        self._places = range(len(article_ids))
        # Of an id that stands there twice, texts are compared.
        first = dict(zip(reversed(article_ids), reversed(self._places), strict=True))
        self._is_sure = np.array(
            [a in self.known and first[a] == i for i, a in enumerate(article_ids)], bool
        )
        try:
            self._texts = pa.array(article_ids, pa.string())
        except UnicodeEncodeError:  # said of the line that has it
            self._is_sure[:] = False

    def predictions(self, places: npt.NDArray[Any]) -> list[str] | None:
        """The lists as the file has them; None if one of them is not beyond doubt."""
        n = len(self._article_ids)
        if places.shape[1:] != (N_ARTICLES,) or ((places < 0) | (places >= n)).any():
            return None
        ordered = np.sort(places, axis=1)
        if (ordered[:, 1:] == ordered[:, :-1]).any() or not self._is_sure[places].all():
            return None
        ends = pa.array(np.arange(0, places.size + 1, N_ARTICLES, dtype=np.int32))
        texts = self._texts.take(pa.array(places.ravel()))
        joined: list[str] = pc.binary_join(pa.ListArray.from_arrays(ends, texts), " ").to_pylist()
        return joined

    def named(self, places: npt.NDArray[Any]) -> list[list[Any]]:
        """The lists as ids; a number that is no place stays as it is."""
        return [
            [self._article_ids[place] if place in self._places else place for place in row]
            for row in places.tolist()
        ]


def _lines(
    blocks: Iterable[Block], expected: list[str], catalogue: _Catalogue | None
) -> Iterator[list[str]]:
    """The lines of the blocks, at most PART_ROWS at a time, once each is found right."""
    n = 0
    for customers, articles in blocks:
        if len(customers) != len(articles):
            raise ValueError(
                f"a block has {len(customers)} customer ids and {len(articles)} lists of articles"
            )
        for start in range(0, len(customers), PART_ROWS):
            ids = _as_list(customers[start : start + PART_ROWS])
            lists: Any = articles[start : start + PART_ROWS]
            predictions = None
            if catalogue and isinstance(lists, np.ndarray) and lists.dtype.kind in "iu":
                predictions = catalogue.predictions(lists)
                if predictions is None:
                    lists = catalogue.named(lists)
            if predictions is None:
                lists = _as_list(lists)
                _check(ids, expected, n, lists, catalogue.known if catalogue else None)
                predictions = [" ".join(row) for row in lists]
            else:
                _check(ids, expected, n)
            yield [
                f"{customer},{prediction}\n"
                for customer, prediction in zip(_quoted(ids), _quoted(predictions), strict=True)
            ]
            n += len(ids)


def _as_list(rows: Sequence[Any] | npt.NDArray[Any]) -> list[Any]:
    return rows.tolist() if isinstance(rows, np.ndarray) else list(rows)


def _check(
    customers: list[Any],
    expected: list[str],
    n_before: int,
    lists: list[Any] | None = None,
    known: frozenset[str] | None = None,
) -> None:
    """ValueError for the first row that is wrong; lists are left out where they are right."""
    is_right = customers == expected[n_before : n_before + len(customers)]
    if is_right and (lists is None or _are_right(lists, known)):
        return
    for n, customer in enumerate(customers):
        fault = _customer_fault(customer, expected, n_before + n)
        if fault is None and lists is not None:
            fault = _list_fault(lists[n], known)
        if fault:
            raise ValueError(f"customer {customer!r} {fault}")


def _are_right(lists: list[Any], known: frozenset[str] | None) -> bool:
    """Whether all lists are beyond doubt, which is told much faster of many than one by one."""
    try:
        return (
            known is not None
            and set(map(type, lists)) == {list}
            and set(map(len, lists)) == {N_ARTICLES}
            and set(map(len, map(set, lists))) == {N_ARTICLES}
            and known.issuperset(itertools.chain.from_iterable(lists))
        )
    except TypeError:  # not text
        return False


def _customer_fault(customer: str, expected: list[str], n: int) -> str | None:
    """What is wrong with `customer` as number `n` (from 0) of the file; None if nothing is."""
    if n < len(expected) and customer == expected[n]:
        return None
    if customer in expected[:n]:
        return "is given twice"
    if customer not in expected:
        return "is not among the customers to recommend to"
    return f"is out of order: {expected[n]!r} comes next"


def _list_fault(articles: Sequence[Any], known: frozenset[str] | None) -> str | None:
    """What is wrong with a list of articles; None if nothing is."""
    # What is found among the known is text without white space, so that says everything.
    try:
        if (
            len(articles) == len(set(articles)) == N_ARTICLES
            and not isinstance(articles, str)
            and (
                " ".join(articles).split() == list(articles)
                if known is None
                else known.issuperset(articles)
            )
        ):
            return None
    except TypeError:  # not text
        pass
    if not isinstance(articles, list | tuple):
        return f"has no list of articles but {articles!r}"
    given = [a for a in articles if not (a is None or a is pd.NA or a == "" or a != a)]
    if len(given) != N_ARTICLES:
        return f"has {len(given)} articles, {N_ARTICLES} are needed"
    if len(given) != len(articles):
        return "has an empty place among its articles"
    for article in articles:
        if not isinstance(article, str):
            return f"has an article id that is not text: {article!r}"
        if article.split() != [article]:
            return f"has an article id with white space: {article!r}"
        if articles.count(article) > 1:
            return f"has article {article!r} more than once"
        if known is not None and article not in known:
            return f"has an unknown article {article!r}"
    raise AssertionError(f"no fault found in {articles!r}")


def _distinct(customer_ids: Iterable[str]) -> list[str]:
    customers = (
        customer_ids.tolist() if isinstance(customer_ids, np.ndarray) else list(customer_ids)
    )
    seen: set[str] = set()
    for customer in customers:
        if not isinstance(customer, str) or not customer:
            raise ValueError(f"a customer id must be text and not empty, got {customer!r}")
        if customer in seen:
            raise ValueError(f"customer {customer!r} is twice among the customers to recommend to")
        seen.add(customer)
    return customers


def _known(article_ids: Iterable[str]) -> frozenset[str]:
    """The articles that a list may hold: those with white space in their ids are left out."""
    known = frozenset(article_ids)
    for article in known:
        if not isinstance(article, str):
            raise ValueError(f"a known article id must be text, got {article!r}")
    return frozenset(article for article in known if article.split() == [article])


def _encoded(lines: list[str]) -> bytes:
    try:
        return "".join(lines).encode()
    except UnicodeEncodeError as error:
        start = error.object.rfind("\n", 0, error.start) + 1
        raise ValueError(
            f"an id is not valid Unicode in the line {error.object[start:].splitlines()[0]!r}"
        ) from error


def _quoted(fields: list[str]) -> list[str]:
    # One search of the whole block is much faster than one a field, and nearly always enough.
    together = "".join(fields)
    if not any(character in together for character in QUOTED):
        return fields
    return [
        '"' + field.replace('"', '""') + '"' if any(c in field for c in QUOTED) else field
        for field in fields
    ]


def _records(path: str | os.PathLike[str]) -> Iterator[tuple[int, str, str]]:
    """Line number, customer and prediction of each record; ValueError on another format."""
    last = ""

    def lines(file: Iterable[str]) -> Iterator[str]:
        nonlocal last
        for line in file:
            last = line
            yield line

    # newline="\n" keeps a carriage return as it is, so that one can be found.
    with open(path, encoding="utf-8", newline="\n") as file:
        reader = csv.reader(lines(file), strict=True)
        try:
            for record in reader:
                number = reader.line_num
                # A record's last line ends outside of quotes.
                if last.endswith("\r\n") or not last.endswith("\n"):
                    raise ValueError(f"{path}, line {number}: must end with LF alone")
                if number == 1:
                    if last != HEADER + "\n":
                        raise ValueError(f"{path}: the header must be {HEADER}, got {last!r}")
                    continue
                if len(record) != 2:
                    raise ValueError(f"{path}, line {number}: {len(record)} fields, 2 are needed")
                yield number, record[0], record[1]
        except csv.Error as error:
            raise ValueError(f"{path}, line {reader.line_num}: {error}") from error
        except UnicodeDecodeError as error:
            raise ValueError(f"{path}: not UTF-8 after line {reader.line_num}") from error
        if not last:
            raise ValueError(f"{path}: the file is empty, the header must be {HEADER}")
