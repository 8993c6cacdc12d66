"""Which conditions a model takes, where that is an option."""

from genzoo.core.context import TWO_CLASSES, ContextSpec


def chosen_conditions(conditional: bool, context_spec: ContextSpec | None) -> ContextSpec | None:
    """The conditions of a model with the option `conditional`; None for an unconditional one.

    Args:
        conditional: The option.
        context_spec: The source's, where the model is built for one; else it takes two classes.
    """
    if not conditional:
        return None
    return context_spec or TWO_CLASSES
