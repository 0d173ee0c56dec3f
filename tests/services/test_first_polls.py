from peoplecount.services.first_polls import FirstPolls


class Entrance:
    def __init__(self, most):
        self.called = []
        self.polls = FirstPolls(self.called.append, most)


def test_as_many_as_there_is_room_for_are_let_in():
    entrance = Entrance(2)

    assert [entrance.polls.enter(one) for one in "abc"] == [True, True, False]


def test_who_was_turned_away_is_called_when_another_leaves_in_order():
    entrance = Entrance(1)
    for one in "abcb":
        entrance.polls.enter(one)

    entrance.polls.leave("a")
    assert entrance.called == ["b"]
    assert entrance.polls.enter("b")
    entrance.polls.leave("b")
    assert entrance.called == ["b", "c"]


def test_who_comes_by_itself_while_there_is_room_is_not_called_again():
    entrance = Entrance(1)
    for one in "abc":
        entrance.polls.enter(one)
    entrance.polls.leave("a")
    assert entrance.polls.enter("c")

    entrance.polls.leave("c")

    assert entrance.called == ["b"]


def test_who_is_forgotten_is_not_called():
    entrance = Entrance(1)
    for one in "abc":
        entrance.polls.enter(one)
    entrance.polls.forget("b")

    entrance.polls.leave("a")

    assert entrance.called == ["c"]
