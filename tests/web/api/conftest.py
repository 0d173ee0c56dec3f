import pytest

from tests.support.api_shop import ApiShop


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Three hours at four lines. Tests of a module share it: who changes it, has one of their own."""
    shop = ApiShop(tmp_path_factory.mktemp("shop"))
    yield shop
    shop.end()


@pytest.fixture
def own_shop(tmp_path):
    """One that may be changed."""
    shop = ApiShop(tmp_path)
    yield shop
    shop.end()
