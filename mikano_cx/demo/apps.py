from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "mikano_cx.demo"
    label = "demo"
