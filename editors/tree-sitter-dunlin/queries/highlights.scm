[
  "let" "var" "fn" "return" "if" "else" "match" "while" "for" "in" "loop" "break" "continue" "class" "super" "pub"
  "import" "try" "catch" "finally" "throw" "defer" "spawn" "receive" "after" "async" "await" "yield" "assert" "is"
  "!is" "!in" "record" "actor" "trait" "module" "macro" "enum" "test" "bench" "quote" "scope" "select" "native" "as"
] @keyword
(self) @variable.builtin
(comment) @comment
(block_comment) @comment
(shebang) @comment
(string) @string
(raw_string) @string
(bytes) @string
(regex) @string.regexp
(escape) @string.escape
(char) @character
(symbol) @string.special.symbol
(integer) @number
(float) @number.float
(boolean) @boolean
(nil) @constant.builtin
(type) @type
(function name: (name) @function)
(method name: (name) @function.method)
(macro name: (name) @function.macro)
(macro_call name: (name) @function.macro)
(class name: (name) @type)
(record name: (name) @type)
(trait name: (name) @type)
(actor name: (name) @type)
(enum name: (name) @type)
(variant name: (name) @constructor)
(call function: (name) @function.call)
(method_call name: (name) @function.method.call)
(field name: (name) @property)
(parameter (path (name) @variable.parameter))
(named_argument name: (name) @label)
