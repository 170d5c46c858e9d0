"""The screens of the admin for members, one module a model."""
