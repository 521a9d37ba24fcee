"""The form that saves a view."""

from django import forms

from accounts.lists.models import list_choices
from accounts.people.models import Division


class ViewForm(forms.Form):
    """The name, query and sharing of a view. `next` is the path of the list itself."""

    list_name = forms.ChoiceField(choices=list_choices)
    name = forms.CharField(max_length=60, required=False)
    query = forms.CharField(required=False, max_length=4000)
    next = forms.RegexField(r"^(/[a-z]+)+/\Z")
    division = forms.ModelChoiceField(Division.objects.all(), required=False)
