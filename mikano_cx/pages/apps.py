from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "mikano_cx.pages"
    label = "pages"
