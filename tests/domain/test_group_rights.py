"""What members of groups may do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peoplecount.domain.group_rights import EXAMPLE, GroupRight, read_group_rights, rights_of
from peoplecount.domain.user import Role

names = st.sampled_from(["a", "b", "c", "d"])
some_sites = st.none() | st.frozensets(st.sampled_from(["shop", "mall"]), min_size=1)
some_rights = st.lists(st.builds(GroupRight, names, st.sampled_from(Role), some_sites))


def test_they_are_read_as_they_are_written() -> None:
    assert read_group_rights(EXAMPLE) == (
        GroupRight("Counts admins", Role.ADMINISTRATOR),
        GroupRight("Shop", Role.VIEWER, frozenset({"shop", "mall"})),
        GroupRight("*", Role.VIEWER),
    )
    assert read_group_rights(" ; ") == ()


def test_a_groups_name_may_hold_what_separates_the_rest() -> None:
    group = "CN=Counts@firm,DC=firm,DC=example"
    assert read_group_rights(f"{group}=operator@shop") == (GroupRight(group, Role.OPERATOR, frozenset({"shop"})),)


@pytest.mark.parametrize("text", ["admins", "=viewer", "admins=boss", "admins=", "shop=viewer@", "shop=viewer@a b"])
def test_anything_else_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match=r"as in|id of a site"):
        read_group_rights(text)


def test_the_highest_role_counts_with_the_sites_that_give_it() -> None:
    rights = read_group_rights("a=viewer; b=operator@shop; c=operator@mall; d=administrator")
    assert rights_of({"a", "b"}, rights) == (Role.OPERATOR, frozenset({"shop"}))
    assert rights_of({"A", "B", "C"}, rights) == (Role.OPERATOR, frozenset({"shop", "mall"}))
    assert rights_of({"b", "D"}, rights) == (Role.ADMINISTRATOR, None)
    assert rights_of({"e"}, rights) is None


@given(rights=some_rights, groups=st.frozensets(names))
def test_no_more_is_given_than_one_of_the_groups_gives(rights: list[GroupRight], groups: frozenset[str]) -> None:
    found = rights_of(groups, rights)
    fitting = [right for right in rights if right.group in groups]
    assert (found is None) == (not fitting)
    if found:
        role, sites = found
        giving = [right for right in fitting if right.role is role]
        assert giving
        assert all(role.covers(right.role) for right in fitting)
        assert (sites is None) == any(right.sites is None for right in giving)
        for site in sites or ():
            assert any(right.sites and site in right.sites for right in giving)
