"""What others bought who bought the same: two functions that SQL calls (models_py/dbt_plugin.py).

EASE (Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019): for each article the
linear regression of who bought it on what else they bought, with a squared penalty. It takes the
inverse of a matrix, and then each customer's score of every article, for which SQL has no words.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from duckdb.func import PythonUDFType
from scipy import linalg, sparse
from threadpoolctl import threadpool_limits

from models_py.database import n_threads
from models_py.frames import ScoreArray

IntArray = npt.NDArray[np.int32]
Column = npt.NDArray[np.float32] | IntArray

# Weights are whole multiples of this, so that what linear algebra rounds differently is the same
# again, and a sum of them that is below 16 is exact in float32, whatever the order.
UNIT = 2.0**-20

# Customers whose scores of all articles are held at once: what fits into the processor's cache.
BLOCK_SIZE = 512

# How many multiplications of dense matrices take as long as one of sparse matrices: 160 to 400 on
# one thread, by 8 to 250 articles a customer.
DENSE_IS_CHEAPER = 200

# What SQL gives and gets, by name; and as Arrow has it.
_BOUGHT = {"customer_key": "integer", "article_key": "integer"}
_BOUGHT_LAST = {**_BOUGHT, "days_since": "integer", "most": "integer"}
_PARTNER = {
    **_BOUGHT,
    "pair_sum": "float",
    "pair_max": "float",
    "pair_days_since": "integer",
    "pair_rank": "integer",
}
_IN_ARROW = {"integer": pa.int32(), "float": pa.float32()}
_NONE = pa.array([], pa.struct([(name, _IN_ARROW[kind]) for name, kind in _PARTNER.items()]))


def register(connection: duckdb.DuckDBPyConnection) -> None:
    """Give SQL the functions `pair_weights` and `best_partners`."""
    connection.create_function(
        "pair_weights",
        _pair_weights,
        [_structs(_BOUGHT), "double"],
        "struct(article_keys integer[], weights float[])",
        type=PythonUDFType.ARROW,
    )
    connection.create_function(
        "best_partners",
        _best_partners,
        ["integer[]", "float[]", _structs(_BOUGHT_LAST)],
        _structs(_PARTNER),
        type=PythonUDFType.ARROW,
    )


def _structs(fields: Mapping[str, str]) -> str:
    """DuckDB's type of a list of structs."""
    return f"struct({', '.join(f'{name} {kind}' for name, kind in fields.items())})[]"


def fit(customers: IntArray, articles: IntArray, penalty: float) -> tuple[IntArray, ScoreArray]:
    """How much a purchase of one article says of another (equations 8 and 9 of the paper).

    Parameters
    ----------
    customers, articles
        (n_purchases,) int32 keys, n_purchases >= 1; each pair once.
    penalty
        Above 0, in customers: an article that as many bought is shrunk to about half.

    Returns
    -------
    tuple of ndarrays
        (n_articles,) int32 keys in order, and (n_articles, n_articles) float32 in multiples of
        UNIT, a row for each article that was bought; 0 on the diagonal.
    """
    article_keys, column = np.unique(articles, return_inverse=True)
    _, row = np.unique(customers, return_inverse=True)
    # As in training: the same sums on each machine.
    with threadpool_limits(1, user_api="blas"):
        gram = _common_buyers(sparse.csr_matrix((np.ones(len(row), np.float32), (row, column))))
        gram[np.diag_indices_from(gram)] += penalty
        factor = linalg.cho_factor(gram, overwrite_a=True)
        weights = linalg.cho_solve(factor, np.eye(len(gram)), overwrite_b=True)
    weights /= -np.diag(weights).copy()
    np.fill_diagonal(weights, 0.0)
    weights /= UNIT
    np.round(weights, out=weights)
    weights *= UNIT
    return article_keys.astype(np.int32), weights.astype(np.float32)


def _common_buyers(bought: sparse.csr_matrix) -> npt.NDArray[np.float64]:
    """(n_articles, n_articles) how many customers bought both, of a (n_customers, n_articles) 0/1.

    By a product of sparse matrices, or, where customers have so many articles that it is cheaper,
    of dense blocks; both are exact below 2**24 customers.
    """
    n_customers, n_articles = bought.shape
    n_pairs = float((np.diff(bought.indptr).astype(np.float64) ** 2).sum())
    if n_pairs * DENSE_IS_CHEAPER < float(n_customers) * n_articles**2:
        return np.asarray((bought.T @ bought).toarray(), np.float64)
    counts = np.zeros((n_articles, n_articles))
    for start in range(0, n_customers, 8 * BLOCK_SIZE):
        block = bought[start : start + 8 * BLOCK_SIZE].toarray()
        counts += block.T @ block
    return counts


def best(weights: ScoreArray, purchases: sparse.csr_matrix, most: int) -> dict[str, Column]:
    """Find the articles with the highest sums of weights of each customer's purchases.

    What the customer has bought is not among them.

    Parameters
    ----------
    weights
        (n_articles, n_articles) float32, as from `fit`.
    purchases
        (n_customers, n_articles) float32, n_customers >= 1: days since the customer last bought
        the article, at least 1. No row is empty, no entry is there twice.
    most
        At most so many articles a customer, at least 1.

    Returns
    -------
    dict of ndarrays
        An entry for each found article, by `row` and `pair_rank` (int32; 1 for the highest sum;
        on a tie the lower column is first): `column` (int32), `pair_sum` (float32, above 0),
        `pair_max` (float32), the highest of the summed weights, and `pair_days_since` (int32),
        the days of the latest purchase that has it.
    """
    starts = range(0, purchases.shape[0], BLOCK_SIZE)
    # NumPy lets other threads of Python run meanwhile.
    with ThreadPoolExecutor(n_threads()) as threads:
        blocks = list(
            threads.map(
                lambda start: _best(weights, purchases[start : start + BLOCK_SIZE], most, start),
                starts,
            )
        )
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def _best(
    weights: ScoreArray, block: sparse.csr_matrix, most: int, first_row: int
) -> dict[str, Column]:
    """`best` of some customers, whose rows are numbered from first_row."""
    row_of = np.repeat(np.arange(block.shape[0]), np.diff(block.indptr))
    is_bought = sparse.csr_matrix(
        (np.ones(block.nnz, np.float32), block.indices, block.indptr), block.shape
    )
    sums = np.asarray(is_bought @ weights)
    sums[row_of, block.indices] = 0
    pair_sum, column = _highest(sums, most)
    of_purchases = weights[block.indices[:, None], column[row_of]]
    pair_max = np.maximum.reduceat(of_purchases, block.indptr[:-1])
    days = np.where(of_purchases == pair_max[row_of], block.data[:, None], np.inf)
    days_since = np.minimum.reduceat(days, block.indptr[:-1])
    row, rank = np.nonzero(pair_sum > 0)
    return {
        "row": (row + first_row).astype(np.int32),
        "column": column[row, rank].astype(np.int32),
        "pair_sum": pair_sum[row, rank],
        "pair_max": pair_max[row, rank],
        "pair_days_since": days_since[row, rank].astype(np.int32),
        "pair_rank": (rank + 1).astype(np.int32),
    }


def _highest(sums: ScoreArray, most: int) -> tuple[ScoreArray, npt.NDArray[np.int64]]:
    """(n_rows, most) highest of each row, in order, and their columns.

    Those that are not above 0 come last, in any order.
    """
    most = min(most, sums.shape[1])
    # Floats above 0 are in the order of their bits. Below them the column, so that equal sums
    # differ, and one number is compared, which NumPy does many at a time.
    n_bits = int(sums.shape[1]).bit_length()
    backwards = 2**n_bits - 1 - np.arange(sums.shape[1])
    packed = sums.view(np.int32).astype(np.int64)
    packed <<= n_bits
    packed |= backwards
    packed = np.partition(packed, -most, axis=1)[:, -most:]
    packed.sort(axis=1)
    packed = packed[:, ::-1]
    column = 2**n_bits - 1 - (packed & (2**n_bits - 1))
    return (packed >> n_bits).astype(np.int32).view(np.float32), column


def _pair_weights(purchases: pa.ChunkedArray, penalty: pa.ChunkedArray) -> pa.Array:
    """`fit` as SQL has it: weights row by row; empty lists of an empty list."""
    keys: list[Column] = []
    weights: list[Column] = []
    for bought, of in zip(_lists(purchases), penalty.to_pylist(), strict=True):
        if not len(bought):
            keys.append(np.empty(0, np.int32))
            weights.append(np.empty(0, np.float32))
            continue
        customers, articles = (_ints(bought, name) for name in ("customer_key", "article_key"))
        article_keys, of_articles = fit(customers, articles, of)
        keys.append(article_keys)
        weights.append(of_articles.ravel())
    return pa.StructArray.from_arrays(
        [_list_array(keys, pa.int32()), _list_array(weights, pa.float32())],
        ["article_keys", "weights"],
    )


def _best_partners(
    article_keys: pa.ChunkedArray, weights: pa.ChunkedArray, purchases: pa.ChunkedArray
) -> pa.Array:
    """`best` as SQL has it: customers and articles by their keys, `most` for each customer.

    Raises
    ------
    ValueError
        If an article that was bought has no weights.
    """
    found = [_NONE]
    ends = [0]
    rows = zip(_lists(article_keys), _lists(weights), _lists(purchases), strict=True)
    for of_articles, of_weights, bought in rows:
        keys = of_articles.to_numpy(zero_copy_only=False)
        matrix = of_weights.to_numpy(zero_copy_only=False).reshape(len(keys), len(keys))
        most = _ints(bought, "most")
        for at_most in np.unique(most):
            found.append(_partners(keys, matrix, bought.filter(pa.array(most == at_most)), at_most))
        ends.append(sum(map(len, found)))
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.concat_arrays(found))


def _partners(
    article_keys: IntArray, weights: ScoreArray, bought: pa.StructArray, most: int
) -> pa.StructArray:
    """`best` of customers with the same `most`; arrays as in `fit`, structs as in `register`."""
    customers, row = np.unique(_ints(bought, "customer_key"), return_inverse=True)
    articles = _ints(bought, "article_key")
    column = np.searchsorted(article_keys, articles)
    if not np.isin(articles, article_keys).all():
        raise ValueError("an article that was bought has no weights")
    days = _ints(bought, "days_since").astype(np.float32)
    purchases = sparse.csr_matrix((days, (row, column)), (len(customers), len(article_keys)))
    partners = best(weights, purchases, most)
    partners["customer_key"] = customers[partners["row"]]
    partners["article_key"] = article_keys[partners["column"]]
    return pa.StructArray.from_arrays(
        [pa.array(partners[name], _IN_ARROW[kind]) for name, kind in _PARTNER.items()],
        list(_PARTNER),
    )


def _lists(column: pa.ChunkedArray) -> Iterator[pa.Array]:
    """What each row of a column of lists holds."""
    for chunk in column.chunks:
        for row in chunk:
            yield row.values


def _ints(struct: pa.StructArray, name: str) -> IntArray:
    """(n_rows,) int32 of a field of the rows of a list, which may be a slice of a longer one."""
    return np.asarray(struct.field(name).to_numpy(zero_copy_only=False), np.int32)


def _list_array(rows: Sequence[Column], kind: pa.DataType) -> pa.ListArray:
    """A column of lists, one of each array."""
    ends = np.cumsum([0, *(len(row) for row in rows)], dtype=np.int32)
    return pa.ListArray.from_arrays(pa.array(ends), pa.array(np.concatenate(rows), kind))
