from crimson.replay import load_replay

from crimson.dbg import __doc__ as ours


def test_imports() -> None:
    assert ours
    assert callable(load_replay)
