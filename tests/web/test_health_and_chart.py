"""Health and today's curves over HTTP."""

from peoplecount.storage.errors import DatabaseUnavailable
from peoplecount.web.app import create_app
from tests.support.board_service import BoardService
from tests.support.shop import FRONT, SHOP, at


def test_a_process_that_answers_is_alive(client):
    answer = client.get("/health/live")
    assert (answer.status_code, answer.json, answer.headers["Cache-Control"]) == (200, {"status": "ok"}, "no-store")


def test_a_process_that_knows_where_the_log_stands_is_ready(client, service):
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json["stream"] == {"ready": True, "head": str(service.log.head()), "open": 0, "closed": None}


def test_before_the_log_is_read_it_is_not_ready():
    answer = BoardService([SHOP], now=at(14)).app.test_client().get("/health/ready")
    assert answer.status_code == 503
    assert answer.json["stream"]["head"] is None


def test_a_process_that_stops_is_not_ready(client, service):
    service.hub.close("restart")
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json["stream"]["closed"] == "restart"


def test_what_the_rest_of_the_service_says_is_shown_and_counts(service):
    well = create_app(service.context(status=lambda: {"database": "up"})).test_client().get("/health/ready")
    assert (well.status_code, well.json["database"]) == (200, "up")
    ill = create_app(service.context(status=lambda: {"ready": False, "polls": False})).test_client()
    assert ill.get("/health/ready").status_code == 503


def test_what_does_not_work_while_the_rest_goes_on_is_said_and_sends_nobody_away(service):
    said = ["The database is away."]
    answer = create_app(service.context(status=lambda: {"degraded": said})).test_client().get("/health/ready")
    assert (answer.status_code, answer.json["status"], answer.json["degraded"]) == (200, "degraded", said)
    worse = create_app(service.context(status=lambda: {"degraded": said, "ready": False})).test_client()
    assert worse.get("/health/ready").json["status"] == "not ready"


def test_how_long_queries_take_is_shown(service):
    figures = {"circuit": "closed", "queries": {"select hour_counts": {"count": 3, "meanMs": 1.5, "longestMs": 2.0}}}
    answer = create_app(service.context(database=lambda: figures)).test_client().get("/health/database")
    assert (answer.status_code, answer.json, answer.headers["Cache-Control"]) == (200, figures, "no-store")


def test_the_chart_is_json(client):
    answer = client.get("/chart/today")
    assert answer.status_code == 200
    assert answer.json["sites"][0]["siteName"] == "Shop"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_chart_without_its_database_says_so(client, service):
    service.history.error = DatabaseUnavailable("login failed for user 'sa' at 192.0.2.9:1433")
    answer = client.get("/chart/today")
    assert answer.status_code == 503
    assert answer.json == {"error": "The history cannot be read just now."}
    assert answer.headers["Retry-After"] == "10"


def test_where_no_history_is_kept_there_is_no_chart(service):
    assert create_app(service.context(chart=None)).test_client().get("/chart/today").status_code == 404


def test_what_does_not_work_is_said_on_the_page_too(service):
    service.count(FRONT, 1)
    service.catch_up()
    said = ["The list of cameras is empty; those known are polled on until there is one again."]
    client = create_app(service.context(status=lambda: {"degraded": said})).test_client()
    assert said[0] in client.get("/").get_data(as_text=True)
    assert said[0] in client.get("/board").get_data(as_text=True)
    assert said[0] not in create_app(service.context()).test_client().get("/").get_data(as_text=True)
