"""The demo's logins, for the sign-in page."""

from django import template

from mikano_cx.demo.logins import Login, logins

register = template.Library()


@register.simple_tag
def demo_people() -> list[Login]:
    return logins()
