/**
 * Dunlin for tree-sitter. What depends on more than one token (whether a newline ends a statement, whether a brace opens
 * a map or a block) is decided in src/scanner.c, by the rules of docs/language.md.
 */

const CONTEXTUAL = [
  'record', 'actor', 'trait', 'module', 'macro', 'enum', 'test', 'bench', 'quote', 'scope', 'select', 'native',
  'cast', 'get', 'static', 'as',
];

const RESERVED = [
  'let', 'var', 'fn', 'return', 'if', 'else', 'match', 'while', 'for', 'in', 'loop', 'break', 'continue', 'class',
  'self', 'super', 'pub', 'import', 'try', 'catch', 'finally', 'throw', 'defer', 'spawn', 'receive', 'after',
  'async', 'await', 'yield', 'assert', 'is', 'true', 'false', 'nil',
];

const PREC = {
  jump: -2, closure: -1, or: 1, and: 2, compare: 3, pipe: 4, coalesce: 5, range: 6, bitor: 7, bitxor: 8, bitand: 9,
  shift: 10, add: 11, multiply: 12, unary: 13, power: 14, postfix: 15,
};

const separated = (rule, separator) => seq(rule, repeat(seq(separator, rule)));
const list = (rule) => seq(separated(rule, ','), optional(','));

module.exports = grammar({
  name: 'dunlin',

  externals: $ => [$._newline, $._map_open, $._block_open, $.block_comment, $._error_sentinel],
  extras: $ => [/\s/, $.comment, $.block_comment],
  word: $ => $._identifier,
  supertypes: $ => [$._expression, $._pattern],

  conflicts: $ => [
    [$._type_atom, $.nil],
    [$._contextual, $.scope_expression],
    [$._contextual, $.quote_expression],
    [$._contextual, $.select_expression],
    [$._word, $.label],
    [$._expression, $.label],
  ],

  rules: {
    source_file: $ => seq(optional($.shebang), repeat($._separator), optional($._statements)),
    shebang: _ => token(prec(2, /#![^\n]*/)),
    comment: _ => token(prec(1, /\/\/[^\n]*/)),

    _separator: $ => choice($._newline, ';'),
    _statements: $ => seq(
      separated($._statement, repeat1($._separator)), repeat($._separator),
    ),
    _statement: $ => choice(
      $.function, $.class, $.record, $.trait, $.actor, $.enum, $.module, $.macro, $.import, $.test,
      $.binding, $.assignment, $.defer, $.assert, $._expression,
    ),

    // Declarations.
    function: $ => seq(
      optional('pub'), 'fn', optional('*'), field('name', $.name), $._signature, field('body', $._body),
    ),
    _signature: $ => seq($.parameters, optional(seq('->', field('result', $._type)))),
    parameters: $ => seq('(', optional(list($.parameter)), ')'),
    parameter: $ => choice(
      seq('...', field('name', $.name)),
      seq($._pattern, optional(seq(':', $._type)), optional(seq('=', $._expression))),
    ),
    _body: $ => choice($.block, seq('=', $._expression)),

    class: $ => seq(
      optional('pub'), 'class', field('name', $.name), optional(seq('<', field('superclass', $.path))),
      optional($.traits), $.members,
    ),
    traits: $ => seq(':', separated($.path, ',')),
    trait: $ => seq(optional('pub'), 'trait', field('name', $.name), optional($.traits), $.members),
    actor: $ => seq(optional('pub'), 'actor', field('name', $.name), optional($.traits), $.members),
    record: $ => prec.right(seq(
      optional('pub'), 'record', field('name', $.name), optional($.parameters), optional($.traits),
      optional($.members),
    )),
    enum: $ => seq(
      optional('pub'), 'enum', field('name', $.name), $._block_open,
      repeat(choice($._separator, ',')),
      optional(seq(
        separated($.variant, repeat1(choice($._separator, ','))), repeat(choice($._separator, ',')),
      )),
      '}',
    ),
    variant: $ => seq(field('name', $.name), optional($.parameters)),
    members: $ => seq(
      $._block_open, repeat(choice($._separator, ',')),
      optional(seq(
        separated(choice($.method, $.field_declaration), repeat1(choice($._separator, ','))),
        repeat(choice($._separator, ',')),
      )),
      '}',
    ),
    field_declaration: $ => seq(
      optional(choice('let', 'var', $.static_field)), field('name', $.name), optional(seq(':', $._type)),
      optional(seq('=', $._expression)),
    ),
    static_field: _ => 'static',
    method: $ => prec.right(seq(
      optional('pub'), optional(choice('static', 'cast', 'get')), 'fn',
      choice(
        seq(optional('*'), field('name', choice($.name, alias($._reserved, $.name)))),
        field('name', $.operator_name),
      ),
      $._signature, optional(field('body', $._body)),
    )),
    operator_name: _ => choice(
      '+', '-', '*', '/', '~/', '%', '**', '&', '|', '^', '~', '<<', '>>', '==', '<', '<=', '[]', '[]=',
    ),

    module: $ => seq(optional('pub'), 'module', field('name', $.name), $.block),
    macro: $ => seq(optional('pub'), 'macro', field('name', $.name), $._signature, $.block),
    import: $ => prec.right(seq(
      'import', choice($.path, seq(optional('native'), $._text)), optional(seq('as', field('alias', $.name))),
      optional(seq(choice($._block_open, $._map_open), optional(list($.import_name)), '}')),
    )),
    import_name: $ => seq($.name, optional(seq('as', field('alias', $.name)))),
    test: $ => seq(choice('test', 'bench'), $._text, $.block),

    binding: $ => prec.right(seq(
      optional('pub'), choice('let', 'var'), $._pattern, optional(seq(':', $._type)), '=', $._expression,
      optional(seq('else', $.block)),
    )),
    assignment: $ => prec.right(PREC.jump, seq(
      field('target', $._expression),
      choice('=', '+=', '-=', '*=', '/=', '~/=', '%=', '**=', '&=', '|=', '^=', '<<=', '>>=', '??='),
      field('value', $._expression),
    )),
    defer: $ => seq('defer', choice($.assignment, $._expression)),
    assert: $ => seq('assert', $._expression, optional(seq(',', $._expression))),

    // Types.
    _type: $ => choice($.union_type, $._type_atom),
    union_type: $ => prec.left(PREC.bitor, seq($._type, '|', $._type_atom)),
    _type_atom: $ => choice($.type, alias('nil', $.type), seq('(', $._type, ')')),
    type: $ => prec.right(PREC.postfix, seq($.path, optional(seq('[', list($._type), ']')))),
    path: $ => prec.right(PREC.postfix, separated($.name, '.')),

    // Names.
    _identifier: _ => /[_\p{XID_Start}]\p{XID_Continue}*/,
    _contextual: _ => choice(...CONTEXTUAL),
    _reserved: _ => choice(...RESERVED),
    name: $ => prec.right(PREC.postfix, seq(
      choice($._identifier, $._contextual), optional(token.immediate('?')),
    )),
    // Where every word is a name.
    _word: $ => choice($.name, alias($._reserved, $.name)),

    // Literals.
    _number: $ => choice($.integer, $.float),
    integer: _ => token(choice(
      /[0-9][0-9_]*(ms|s|m|h|d|kb|mb|gb)?/, /0x[0-9a-fA-F_]+/, /0o[0-7_]+/, /0b[01_]+/,
    )),
    float: _ => token(choice(
      /[0-9][0-9_]*\.[0-9][0-9_]*([eE][+-]?[0-9_]+)?/, /[0-9][0-9_]*[eE][+-]?[0-9_]+/,
      /[0-9][0-9_]*\.[0-9][0-9_]*(ms|s|m|h|d|kb|mb|gb)/,
    )),
    char: _ => token(seq('\'', choice(/[^'\\\n]+/, /\\u\{[0-9a-fA-F_]+\}/, /\\x[0-9a-fA-F]{2}/, /\\./), '\'')),
    symbol: _ => token(choice(/:[_\p{XID_Start}]\p{XID_Continue}*\??/, /:"([^"\\\n]|\\.)*"/)),
    raw_string: _ => token(choice(/r"[^"]*"/, /r#"([^"]|"+[^"#])*"+#/, /r##"([^"]|"+[^"#]|"+#[^"#])*"+##/)),
    bytes: _ => token(/b"([^"\\\n]|\\.)*"/),
    regex: _ => token(choice(/re"([^"\\\n]|\\.)*"/, /re#"([^"]|"+[^"#])*"+#/)),
    _text: $ => choice($.string, $.raw_string),
    string: $ => choice(
      seq('"', repeat(choice($._string_text, $.escape, $.interpolation, token.immediate('$'))),
        token.immediate('"')),
      seq('"""', repeat(choice($._long_text, $.escape, $.interpolation, token.immediate('$'),
        token.immediate(/"/), token.immediate(/""/))), token.immediate('"""')),
    ),
    _string_text: _ => token.immediate(prec(3, /[^"\\$\n]+/)),
    _long_text: _ => token.immediate(prec(3, /[^"\\$]+/)),
    escape: _ => token.immediate(choice(/\\u\{[0-9a-fA-F_]+\}/, /\\x[0-9a-fA-F]{2}/, /\\[^ux]/, /\\\r?\n/)),
    interpolation: $ => seq(
      token.immediate('${'), $._expression, optional(seq(':', optional(alias($._format, $.format)))), '}',
    ),
    _format: _ => token.immediate(prec(3, /[^}"]+/)),

    _literal: $ => choice(
      $.nil, $.boolean, $._number, $.char, $.symbol, $.string, $.raw_string, $.bytes, $.regex,
    ),
    nil: _ => 'nil',
    boolean: _ => choice('true', 'false'),

    list: $ => seq('[', optional(list($._element)), ']'),
    set: $ => seq('#{', optional(list($._element)), '}'),
    _element: $ => choice($._expression, $.spread),
    spread: $ => seq('..', $._expression),
    tuple: $ => choice(
      seq('(', ')'),
      seq('(', $._expression, ',', optional(list(choice($._expression, $.named_argument))), ')'),
    ),
    parenthesised: $ => seq('(', $._expression, ')'),
    map: $ => seq($._map_open, optional(list($.map_entry)), '}'),
    map_entry: $ => choice(
      seq(field('key', choice($._word, $.string, $.raw_string, seq('[', $._expression, ']'))), ':',
        field('value', $._expression)),
      $.name,
      $.spread,
    ),

    // Expressions.
    _expression: $ => choice(
      $.name, $._literal, $.self, $.self_pid, $.list, $.set, $.tuple, $.parenthesised, $.map, $.block,
      $.unary, $.binary, $.is, $.range, $.pipe, $.call, $.method_call, $.super_call, $.field, $.position, $.index,
      $.macro_call, $.closure, $.function_value, $.if, $.match, $.while, $.for, $.loop, $.return, $.break,
      $.continue, $.throw, $.yield, $.try, $.async, $.spawn, $.receive, $.select_expression, $.scope_expression,
      $.quote_expression, $.unquote,
    ),
    self: _ => prec(-1, 'self'),
    self_pid: _ => seq('self', token.immediate('('), ')'),
    block: $ => seq($._block_open, repeat($._separator), optional($._statements), '}'),

    unary: $ => prec.right(PREC.unary, seq(choice('-', '!', '~', 'await'), $._expression)),
    async: $ => prec.right(PREC.unary, seq('async', $._expression)),
    binary: $ => choice(
      ...[
        ['||', PREC.or], ['&&', PREC.and], ['==', PREC.compare], ['!=', PREC.compare], ['<', PREC.compare],
        ['<=', PREC.compare], ['>', PREC.compare], ['>=', PREC.compare], ['in', PREC.compare],
        ['!in', PREC.compare], ['|', PREC.bitor], ['^', PREC.bitxor], ['&', PREC.bitand], ['<<', PREC.shift],
        ['>>', PREC.shift], ['+', PREC.add], ['-', PREC.add], ['*', PREC.multiply], ['/', PREC.multiply],
        ['~/', PREC.multiply], ['%', PREC.multiply],
      ].map(([operator, level]) => prec.left(level, seq(
        field('left', $._expression), field('operator', operator), field('right', $._expression),
      ))),
      ...[['??', PREC.coalesce], ['**', PREC.power]].map(([operator, level]) => prec.right(level, seq(
        field('left', $._expression), field('operator', operator), field('right', $._expression),
      ))),
    ),
    is: $ => prec.left(PREC.compare, seq($._expression, choice('is', '!is'), $._type)),
    range: $ => prec.left(PREC.range, seq(
      $._expression, choice('..', '..='), optional($._expression),
    )),
    open_range: $ => prec.left(PREC.range, seq(choice('..', '..='), optional($._expression))),
    pipe: $ => prec.left(PREC.pipe, seq($._expression, '|>', $._expression)),

    call: $ => prec.left(PREC.postfix, seq(field('function', $._expression), $.arguments)),
    method_call: $ => prec.left(PREC.postfix + 1, seq(
      field('object', $._expression), choice('.', '?.'), field('name', $._word), $.arguments,
    )),
    super_call: $ => prec(PREC.postfix + 2, seq('super', '.', field('name', $._word), $.arguments)),
    field: $ => prec.left(PREC.postfix, seq(
      field('object', $._expression), choice('.', '?.'), field('name', $._word),
    )),
    position: $ => prec.left(PREC.postfix, seq(
      $._expression, choice('.', '?.'), alias(token.immediate(/[0-9]+/), $.integer),
    )),
    index: $ => prec.left(PREC.postfix, seq(
      field('object', $._expression), choice('[', '?['), choice($._expression, $.open_range), ']',
    )),
    arguments: $ => seq('(', optional(list(choice($._expression, $.spread, $.named_argument))), ')'),
    named_argument: $ => seq(field('name', $._word), ':', field('value', $._expression)),
    macro_call: $ => prec.right(PREC.postfix + 2, seq(
      field('name', $.name), token.immediate('!'), $.arguments, optional($.block),
    )),

    closure: $ => prec.right(PREC.closure, seq(
      choice('||', seq('|', optional(list($.closure_parameter)), '|')),
      optional(seq('->', $._type)), field('body', choice($.assignment, $._expression)),
    )),
    closure_parameter: $ => choice(
      seq('...', $.name),
      seq($._pattern_atom, optional(seq(':', $._type_atom)), optional(seq('=', prec.left(PREC.bitor + 1, $._expression)))),
    ),
    function_value: $ => prec.right(PREC.closure, seq('fn', optional('*'), $._signature, $._body)),

    if: $ => prec.right(seq(
      'if', $._condition, field('then', $.block), optional(seq('else', field('else', $._expression))),
    )),
    _condition: $ => choice($._expression, $.let_condition),
    let_condition: $ => prec.right(PREC.and - 1, seq('let', $._pattern, '=', $._expression)),
    match: $ => seq('match', field('subject', $._expression), $.arms),
    arms: $ => seq(
      $._block_open, repeat($._arm_end),
      optional(seq(
        separated(choice($.arm, $.after), repeat1($._arm_end)), repeat($._arm_end),
      )),
      '}',
    ),
    _arm_end: $ => choice($._newline, ';', ','),
    arm: $ => seq(
      field('pattern', $._pattern), optional(seq('if', field('guard', $._expression))), '=>',
      field('body', choice($.assignment, $._expression)),
    ),
    after: $ => seq('after', $._expression, '=>', choice($.assignment, $._expression)),
    while: $ => seq(optional($.label), 'while', $._condition, $.block),
    for: $ => seq(optional($.label), 'for', $._pattern, 'in', $._expression, choice($.block, alias($._no_block, $.block))),
    // The body of `for x in 0.. {}`: a brace after an open range looks like its end.
    _no_block: $ => seq($._map_open, '}'),
    loop: $ => seq(optional($.label), 'loop', $.block),
    label: $ => seq($.name, ':'),

    return: $ => prec.right(PREC.jump, seq('return', optional($._expression))),
    throw: $ => prec.right(PREC.jump, seq('throw', optional($._expression))),
    yield: $ => prec.right(PREC.jump, seq('yield', optional($._expression))),
    // The value behind a label is a word here; longer ones would look like a call or an index of the label.
    break: $ => prec.right(PREC.jump, seq(
      'break', optional(choice($._expression, seq(field('label', $.name), choice($.name, $._literal)))),
    )),
    continue: $ => prec.right(PREC.jump, seq('continue', optional($.name))),
    try: $ => prec.right(PREC.jump, seq(
      'try', $._expression,
      choice(
        seq('else', $._expression),
        seq(repeat1($.catch), optional($.finally)),
        $.finally,
      ),
    )),
    catch: $ => seq('catch', optional(seq($.name, optional(seq(':', $._type)))), $.block),
    finally: $ => seq('finally', $.block),

    spawn: $ => prec.right(PREC.postfix, seq('spawn', choice($.block, seq($.arguments, optional($.block))))),
    receive: $ => seq('receive', $.arms),
    select_expression: $ => seq('select', $.select_arms),
    select_arms: $ => seq(
      $._block_open, repeat($._arm_end),
      optional(seq(
        separated(choice($.select_arm, $.after), repeat1($._arm_end)), repeat($._arm_end),
      )),
      '}',
    ),
    // `message = receive_from(x) => ...`: its pattern is read as an expression, which it looks like.
    select_arm: $ => seq(
      choice($.assignment, $._expression), '=>', field('body', choice($.assignment, $._expression)),
    ),
    scope_expression: $ => prec.right(seq('scope', optional($.arguments), $.block)),
    quote_expression: $ => seq('quote', $.block),
    unquote: $ => seq('$', choice(
      $._identifier, seq(token.immediate('('), $._expression, ')'), seq(token.immediate('..'), $._identifier),
    )),

    // Patterns.
    _pattern: $ => choice($.as_pattern, $.or_pattern, $._pattern_atom),
    as_pattern: $ => prec.left(seq($._pattern, 'as', $.name)),
    or_pattern: $ => prec.left(seq($._pattern, '|', $._pattern_atom)),
    _pattern_atom: $ => choice(
      $.typed_pattern, $.path, $.class_pattern, $.literal_pattern, $.range_pattern, $.tuple_pattern, $.list_pattern,
      $.map_pattern, $.pin, $.unquote,
    ),
    typed_pattern: $ => prec.left(-1, seq($.name, ':', $._type)),
    class_pattern: $ => prec(PREC.postfix, seq($.path, '(', optional(list($._pattern_entry)), ')')),
    _pattern_entry: $ => choice($._pattern, seq(field('name', $._word), ':', $._pattern)),
    _pattern_literal: $ => choice($._number, seq('-', $._number), $.char, $.string, $.raw_string),
    literal_pattern: $ => choice($._pattern_literal, $.nil, $.boolean, $.symbol, $.bytes, $.regex),
    range_pattern: $ => choice(
      seq($._pattern_literal, choice('..', '..='), optional($._pattern_literal)),
      seq(choice('..', '..='), $._pattern_literal),
    ),
    tuple_pattern: $ => seq('(', optional(list($._pattern_entry)), ')'),
    list_pattern: $ => seq('[', optional(list(choice($._pattern, $.rest_pattern))), ']'),
    rest_pattern: $ => prec.right(seq('..', optional($.name))),
    map_pattern: $ => seq(
      choice($._map_open, $._block_open), optional(list($.map_pattern_entry)), '}',
    ),
    map_pattern_entry: $ => choice(
      seq(choice($._word, $.string, $.raw_string), ':', $._pattern), $.name, $.rest_pattern,
    ),
    pin: $ => seq('^', choice($.name, seq('(', $._expression, ')'))),
  },
});
