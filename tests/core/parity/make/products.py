"""Matrix products, einsum, linear layers."""
import torch
import torch.nn.functional as F
from common import I, Suite, V, X, strided, turned

s = Suite("products", 4)
for a, b in [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 2)), ((2, 1, 2, 3), (4, 3, 2)),
             ((3,), (2, 3, 2)), ((2, 2, 3), (3,)), ((0, 3), (3, 2)), ((2, 0), (0, 3)), ((1, 1), (1, 1)), ((2, 3, 4), (2, 4, 1)),
             ((3, 1, 2, 2), (1, 2, 2, 2)), ((17, 9), (9, 13))]:
    s("t.matmul", torch.matmul, [X(*a), X(*b)], scale="abs")
for inputs in [[turned(2, 3), X(3, 4)], [X(2, 3), turned(3, 4)], [turned(2, 3), turned(3, 2)], [strided(2, 3), X(3, 2)],
               [X(2, 4), strided(4, 3)], [turned(2, 2, 3), turned(2, 3, 2)], [X(2, 3, view=[["expand", 4, 2, 3]]), X(3, 2)],
               [X(4, 3, 2, view=[["permute", [1, 2, 0]]]), X(4, 2)], [X(2, 3, 4, view=[["permute", [1, 0, 2]]]), X(4, 2)],
               [X(2, 3, 2, 4, view=[["transpose", 1, 2]]), X(2, 3, 2, 4, view=[["permute", [0, 2, 3, 1]]])]]:
    s("t.matmul", torch.matmul, inputs, scale="abs")
for a, b in [((2, 3), (3, 4)), ((1, 3), (3, 1)), ((3, 2), (2, 3)), ((0, 2), (2, 2)), ((4, 4), (4, 4))]:
    s("t.mm", torch.mm, [X(*a), X(*b)], scale="abs")
    s("t.bmm", torch.bmm, [X(2, *a), X(2, *b)], scale="abs")
    s("t.mv", torch.mv, [X(*a), X(a[1])], scale="abs")
    s("t.addmm", torch.addmm, [X(b[1]), X(*a), X(*b)], scale="abs")
    s("t.addmm", lambda c, x, y: torch.addmm(c, x, y, beta=0.5, alpha=2), [X(a[0], 1), X(*a), X(*b)], {"beta": 0.5, "alpha": 2}, scale="abs")
    s("t.baddbmm", torch.baddbmm, [X(2, 1, b[1]), X(2, *a), X(2, *b)], scale="abs")
for n in [1, 2, 5, 0, 7]:
    s("t.dot", torch.dot, [X(n), X(n)], scale="abs")
    s("t.outer", torch.outer, [X(n), X(3)])
    s("core.outer", torch.outer, [strided(2), X(n)])
for equation, shapes in [
    ("ij,jk->ik", [(2, 3), (3, 4)]), ("bij,bjk->bik", [(2, 2, 3), (2, 3, 2)]), ("i,i->", [(4,), (4,)]), ("ij->ji", [(2, 3)]),
    ("ii->i", [(3, 3)]), ("ii->", [(3, 3)]), ("ij->", [(2, 3)]), ("ij->j", [(2, 3)]), ("i,j->ij", [(2,), (3,)]),
    ("bhqd,bhkd->bhqk", [(1, 2, 3, 4), (1, 2, 2, 4)]), ("bhqk,bhkd->bhqd", [(1, 2, 3, 2), (1, 2, 2, 4)]),
    ("...ij,...jk->...ik", [(2, 2, 3), (3, 2)]), ("ij,kj->ik", [(2, 3), (4, 3)]), ("ij,jk", [(2, 3), (3, 2)]),
    ("a,b,c->abc", [(2,), (2,), (3,)]), ("ij,jk,kl->il", [(2, 3), (3, 2), (2, 2)]), ("bn,anm,bm->ba", [(2, 3), (2, 3, 2), (2, 2)]),
    ("ij,ij->ij", [(2, 3), (2, 3)]), ("ijk,k->ij", [(2, 2, 3), (3,)]), ("...->...", [(2, 3)]), ("i...->...", [(2, 3)]),
    ("ij,i->ij", [(2, 3), (2,)]), ("bi,bj->bij", [(2, 3), (2, 2)]), ("ba", [(2, 3)]),
]:
    arguments = [{"$": i} for i in range(len(shapes))]
    s("core.einsum", lambda *x: torch.einsum(equation, *x), [X(*shape) for shape in shapes], args=[equation, *arguments], bound=9, note=equation)
s("core.einsum", lambda x, y: torch.einsum("ij,jk->ki", x, y), [turned(2, 3), strided(3, 2)], args=["ij,jk->ki", {"$": 0}, {"$": 1}], bound=9)
for xs, w in [((3,), (2, 3)), ((4, 3), (2, 3)), ((2, 2, 3), (4, 3)), ((0, 3), (2, 3)), ((1, 1), (1, 1)), ((5, 8), (7, 8))]:
    s("F.linear", F.linear, [X(*xs), X(*w), X(w[0])], scale="abs")
    s("F.linear", F.linear, [X(*xs), X(*w)], scale="abs")
s("F.linear", F.linear, [turned(4, 3), turned(2, 3), strided(2)], scale="abs")
s("F.linear", F.linear, [X(2, 4, 3, view=[["transpose", 0, 1]]), X(2, 3), X(2)], scale="abs")
s.write()
