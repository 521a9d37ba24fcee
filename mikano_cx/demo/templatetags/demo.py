"""Tags of the demo for templates."""

from django import template

from mikano_cx.demo.logins import Login, logins

register = template.Library()


@register.simple_tag
def demo_people() -> list[Login]:
    return logins()
