"""The visitor of these tests complains about what a person should never meet."""

from tests.browser.conftest import Visit


def test_a_visitor_complains_about_policy_violations_errors_and_bad_answers(visit: Visit) -> None:
    with visit() as visitor:
        visitor.open("/")
        visitor.check()
        visitor.page.evaluate(
            """() => new Promise((thrown) => {
              document.body.insertAdjacentHTML('beforeend', '<p style="color:red">red</p>');
              setTimeout(() => { setTimeout(thrown, 50); throw new Error('broken'); });
            })"""
        )
        visitor.page.goto(f"{visitor.site.url}/nowhere")
        found = " ".join(visitor.complaints)
        visitor.complaints.clear()
    assert "Content Security Policy" in found
    assert "broken" in found
    assert "404 GET" in found
