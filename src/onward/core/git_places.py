"""Environment variables by which git says where it works; imports nothing heavy."""

GIT_PLACES = (
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_NAMESPACE",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
)
"""A hook is started with these. Those with a path count from the folder that git started it in; whoever asks git about
another repository must leave out all of them."""

GIT_PATHS = ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY")
"""Those of them that hold one path."""
