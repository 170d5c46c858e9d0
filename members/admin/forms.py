"""Django's ModelForm, which names its model in square brackets for the type checker alone."""

from typing import TYPE_CHECKING

from django import forms

if TYPE_CHECKING:
    from django.forms import ModelForm
else:

    class ModelForm(forms.ModelForm):
        """Django's own."""

        def __class_getitem__(cls, _model):
            return cls


__all__ = ["ModelForm"]
