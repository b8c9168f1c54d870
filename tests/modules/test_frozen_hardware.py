"""The test of the tests: with the hardware model frozen, what asserts an effect must fail."""

import pytest
from module_table import is_generated, table, tables


@pytest.mark.vm
def test_with_the_hardware_model_frozen_nine_of_ten_effects_fail(tmp_path_factory: pytest.TempPathFactory) -> None:
    passed, failed = [], 0
    for module in tables():
        effects = {name: e for name, e in table(module).effects.items() if not is_generated(e)}
        if not effects:
            continue
        with table(module).bench(tmp_path_factory.mktemp("frozen"), frozen=True) as b:
            for function, effect in effects.items():
                try:
                    effect(b)
                    passed.append(f"{module} {function}")
                except (AssertionError, LookupError, TypeError, ValueError):
                    failed += 1
    assert failed >= 9 * len(passed), f"pass although the hardware is frozen: {passed}; {failed} fail"
