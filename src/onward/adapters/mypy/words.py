"""mypy's error codes in our own words (mypy 2.4), and the address of its own text about each."""

from collections.abc import Mapping

from onward.core.tool import RuleText

_PAGE = "https://mypy.readthedocs.io/en/stable/"

_USUAL: Mapping[str, str] = {
    "abstract": "A class is made an object of although some of its methods are only promised.",
    "annotation-unchecked": "A hint stands in a function without a typed signature, so nothing checks it.",
    "arg-type": "A call hands over a value of another type than the parameter takes.",
    "assert-type": "`assert_type` names another type than the value has.",
    "assignment": "A value is assigned to a name that was declared with another type.",
    "attr-defined": "The object or module has no attribute of this name, as far as its types tell.",
    "await-not-async": "`await` stands outside of an `async` function.",
    "call-arg": "A call gives too many, too few or unknown arguments.",
    "call-overload": "No variant of an overloaded function takes these arguments.",
    "dict-item": "An entry of a dictionary has another type than its key or value should have.",
    "empty-body": "A function has no body but promises to return something.",
    "exit-return": "A context manager's `__exit__` promises `bool` but always gives False.",
    "func-returns-value": "The result of a function that returns nothing is used.",
    "has-type": "mypy could not work out the type of a name before it is used; a hint helps it.",
    "import": "An import could not be followed.",
    "import-not-found": "An import leads to a module that is neither in the project nor in its environment.",
    "import-untyped": "An imported library has no types of its own, and no stubs for it are installed.",
    "index": "A value is indexed in a way that its type does not allow.",
    "list-item": "An entry of a list has another type than the list should hold.",
    "literal-required": "A plain text is needed here, not an expression.",
    "maybe-unrecognized-str-typeform": "A text that may be meant as a type is not taken for one.",
    "metaclass": "The metaclass of a class does not fit those of its bases.",
    "method-assign": "A method is replaced by assignment.",
    "misc": "Something that mypy has no code of its own for.",
    "name-defined": "A name is used that is defined nowhere.",
    "name-match": "The name given to a type does not match the name it is assigned to.",
    "narrowed-type-not-subtype": "A type guard narrows to a type that is not part of the one it starts from.",
    "no-overload-impl": "Overloads stand without the function that does the work.",
    "no-redef": "A name is defined twice in the same place.",
    "nonetype-type": "The type of `None` is written in a way that means something else.",
    "operator": "The operator does not work on values of these types.",
    "overload-cannot-match": "An overload can never be chosen, since one above it takes all that it takes.",
    "overload-overlap": "Two overloads fit the same arguments and promise different results.",
    "override": "A method does not take or give what the method it replaces does.",
    "prop-decorator": "A property is decorated by something above `@property`.",
    "return": "A function that promises a value may end without returning one.",
    "return-value": "A function returns a value of another type than it promises.",
    "safe-super": "`super()` reaches a method that has no body.",
    "str-bytes-safe": "Bytes are formatted into a text and would appear as `b'...'`.",
    "str-format": "The values do not fit the placeholders of a format text.",
    "str-unpack": "A text is taken apart into names, one character each.",
    "syntax": "mypy cannot parse this file, and while that is so it checks nothing at all.",
    "top-level-await": "`await` stands at the top of a module.",
    "truthy-function": "A function is tested for truth, which it always has; the call is probably missing.",
    "type-abstract": "An abstract class is handed over where one is needed that can be made an object of.",
    "type-var": "A type does not meet the bound of the type variable it stands for.",
    "typeddict-item": "An item of a TypedDict has another type than it was declared with.",
    "typeddict-readonly-mutated": "A read-only item of a TypedDict is changed.",
    "typeddict-unknown-key": "A TypedDict has no key of this name.",
    "union-attr": "At least one member of a union has no such attribute; `None` is the usual one.",
    "unused-coroutine": "A coroutine is made and never awaited, so it never runs.",
    "used-before-def": "A name is used above the line that defines it.",
    "valid-newtype": "`NewType` is made of something that cannot be one.",
    "valid-type": "What stands as a hint is no type.",
    "var-annotated": "The type of an empty value cannot be told; it needs a hint.",
}

# looked for only when the settings ask for them
_ON_REQUEST: Mapping[str, str] = {
    "comparison-overlap": "Two values are compared that can never be equal.",
    "deprecated": "Something is used that its library has marked as deprecated.",
    "exhaustive-match": "A `match` leaves some of the possible values out.",
    "explicit-any": "`Any` is written where the settings forbid it.",
    "explicit-override": "A method replaces another one without saying `@override`.",
    "ignore-without-code": "A `type: ignore` silences everything on its line; it should name a code.",
    "mutable-override": "A subclass narrows an attribute that can be assigned through its base.",
    "no-any-return": "A function with a promised type returns a value that nobody knows the type of.",
    "no-any-unimported": "A hint rests on an import that could not be followed.",
    "no-untyped-call": "Typed code calls a function that has no hints.",
    "no-untyped-def": "A function has no hints, or not for all of its parameters.",
    "possibly-undefined": "A name may not have been assigned yet where it is used.",
    "redundant-cast": "A cast names the type that the value has anyway.",
    "redundant-expr": "A part of a condition is always true or always false.",
    "redundant-self": "`self` has a hint that says what is known anyway.",
    "truthy-bool": "A value is tested for truth although its type is always true.",
    "truthy-iterable": "An iterable is tested for truth, which says nothing about whether it is empty.",
    "type-arg": "A generic type is used without saying of what.",
    "unimported-reveal": "`reveal_type` is used without being imported, and fails when it runs.",
    "unreachable": "A statement can never run, as far as the types tell.",
    "untyped-decorator": "A decorator without hints takes the types of the function away.",
    "unused-awaitable": "Something that should be awaited is thrown away.",
    "unused-ignore": "A `type: ignore` silences nothing any more.",
}

_NOTE = "mypy says something that is no error, such as what `reveal_type` was asked for."


def rule_text(code: str) -> RuleText | None:
    """Give what we know of a code, None for one that we do not (a plugin may bring its own)."""
    if code == "note":
        return RuleText(rule="mypy/note", name=code, summary=_NOTE, url=_PAGE)
    for words, page in ((_USUAL, "error_code_list"), (_ON_REQUEST, "error_code_list2")):
        if code in words:
            return RuleText(
                rule=f"mypy/{code}",
                name=code,
                summary=words[code],
                url=f"{_PAGE}{page}.html#code-{code}",
            )
    return None
