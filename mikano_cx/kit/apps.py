from django.apps import AppConfig


class KitConfig(AppConfig):
    name = "mikano_cx.kit"
    label = "kit"
