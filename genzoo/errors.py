"""The one exception that means: the user can put this right."""


class InputError(ValueError):
    """A mistake in what the user gave: one sentence saying what was got, what was expected and what to do.

    The command line prints the sentence and exits with status 2; any other exception is a defect of genzoo
    (or of a plug-in) and keeps its traceback.
    """
