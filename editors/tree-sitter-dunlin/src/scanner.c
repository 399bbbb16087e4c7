/* The tokens of Dunlin that depend on what follows them.
 *
 * - A newline ends a statement unless the next line continues it. Inside brackets the parser asks for no newline, and
 *   then it is a blank.
 * - A brace where an operand may stand opens a map if what follows looks like an entry, else a block.
 * - Block comments nest.
 *
 * It has no state, so that an editor can begin anywhere.
 */
#include "tree_sitter/parser.h"
#include <string.h>
#include <wctype.h>

enum Token { NEWLINE, MAP_OPEN, BLOCK_OPEN, BLOCK_COMMENT, ERROR_SENTINEL };

void *tree_sitter_dunlin_external_scanner_create(void) { return NULL; }
void tree_sitter_dunlin_external_scanner_destroy(void *payload) { (void)payload; }
unsigned tree_sitter_dunlin_external_scanner_serialize(void *payload, char *buffer) {
  (void)payload;
  (void)buffer;
  return 0;
}
void tree_sitter_dunlin_external_scanner_deserialize(void *payload, const char *buffer, unsigned length) {
  (void)payload;
  (void)buffer;
  (void)length;
}

static void advance(TSLexer *lexer) { lexer->advance(lexer, false); }

static bool is_start(int32_t c) { return c == '_' || iswalpha((wint_t)c) || c > 127; }
static bool is_part(int32_t c) { return is_start(c) || iswdigit((wint_t)c); }
static bool is_blank(int32_t c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/* The rest of a nested comment whose opening was read. */
static void rest_of_comment(TSLexer *lexer) {
  unsigned depth = 1;
  while (depth > 0 && !lexer->eof(lexer)) {
    int32_t c = lexer->lookahead;
    advance(lexer);
    if (c == '/' && lexer->lookahead == '*') {
      advance(lexer);
      depth++;
    } else if (c == '*' && lexer->lookahead == '/') {
      advance(lexer);
      depth--;
    }
  }
}

/* Passes blanks and comments; says whether a slash stands there that begins no comment. */
static bool pass_blanks(TSLexer *lexer) {
  for (;;) {
    while (is_blank(lexer->lookahead)) advance(lexer);
    if (lexer->lookahead != '/') return false;
    advance(lexer);
    if (lexer->lookahead == '/') {
      while (lexer->lookahead != '\n' && !lexer->eof(lexer)) advance(lexer);
    } else if (lexer->lookahead == '*') {
      advance(lexer);
      rest_of_comment(lexer);
    } else {
      return true;
    }
  }
}

/* Reads a word; only the first letters are kept. */
static void read_word(TSLexer *lexer, char *word, unsigned size) {
  unsigned length = 0;
  while (is_part(lexer->lookahead)) {
    if (length + 1 < size) word[length++] = lexer->lookahead < 128 ? (char)lexer->lookahead : '?';
    advance(lexer);
  }
  word[length] = 0;
}

/* Whether the line that begins here goes on with the statement before it. */
static bool continues(TSLexer *lexer) {
  if (pass_blanks(lexer)) return false;
  int32_t c = lexer->lookahead;
  char word[16];
  switch (c) {
    case '.':
      advance(lexer);
      return lexer->lookahead != '.';
    case '?':
      advance(lexer);
      return lexer->lookahead == '.' || lexer->lookahead == '?';
    case '|':
      advance(lexer);
      return lexer->lookahead == '>' || lexer->lookahead == '|';
    case '&':
      advance(lexer);
      return lexer->lookahead == '&';
    default:
      if (!is_start(c)) return false;
      read_word(lexer, word, sizeof word);
      return strcmp(word, "else") == 0 || strcmp(word, "catch") == 0 || strcmp(word, "finally") == 0;
  }
}

/* The rest of a string whose opening quote was read; quotes inside interpolations do not matter here. */
static void rest_of_string(TSLexer *lexer) {
  while (!lexer->eof(lexer) && lexer->lookahead != '"' && lexer->lookahead != '\n') {
    if (lexer->lookahead == '\\') advance(lexer);
    advance(lexer);
  }
  advance(lexer);
}

static bool is_keyword(const char *word) {
  static const char *const words[] = {
    "let", "var", "fn", "return", "if", "else", "match", "while", "for", "in", "loop", "break", "continue", "class",
    "self", "super", "pub", "import", "try", "catch", "finally", "throw", "defer", "spawn", "receive", "after",
    "async", "await", "yield", "assert", "is", "true", "false", "nil",
  };
  for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
    if (strcmp(word, words[i]) == 0) return true;
  return false;
}

/* After a colon: a loop whose label the name was? */
static bool is_loop(TSLexer *lexer) {
  char word[16];
  advance(lexer);
  pass_blanks(lexer);
  read_word(lexer, word, sizeof word);
  return strcmp(word, "for") == 0 || strcmp(word, "while") == 0 || strcmp(word, "loop") == 0;
}

/* Whether what follows an opening brace is the beginning of a map. */
static bool opens_map(TSLexer *lexer) {
  char word[16];
  pass_blanks(lexer);
  int32_t c = lexer->lookahead;
  if (c == '}') return true;
  if (c == '.') {
    advance(lexer);
    return lexer->lookahead == '.';
  }
  if (c == '"') {
    advance(lexer);
    rest_of_string(lexer);
    pass_blanks(lexer);
    return lexer->lookahead == ':';
  }
  if (c == '[') {
    unsigned depth = 0;
    while (!lexer->eof(lexer)) {
      c = lexer->lookahead;
      advance(lexer);
      if (c == '"') rest_of_string(lexer);
      if (c == '[' || c == '(' || c == '{') depth++;
      if ((c == ']' || c == ')' || c == '}') && --depth == 0) break;
    }
    pass_blanks(lexer);
    return lexer->lookahead == ':';
  }
  if (!is_start(c)) return false;
  read_word(lexer, word, sizeof word);
  bool keyword = is_keyword(word);
  if (lexer->lookahead == '"' && strcmp(word, "r") == 0) {
    advance(lexer);
    rest_of_string(lexer);
    pass_blanks(lexer);
    return lexer->lookahead == ':';
  }
  if (lexer->lookahead == '?') advance(lexer);
  pass_blanks(lexer);
  if (lexer->lookahead == ',') return !keyword;
  return lexer->lookahead == ':' && !is_loop(lexer);
}

bool tree_sitter_dunlin_external_scanner_scan(void *payload, TSLexer *lexer, const bool *valid) {
  (void)payload;
  /* In recovery everything is asked for at once. */
  if (valid[ERROR_SENTINEL]) return false;
  bool crossed = false;
  while (is_blank(lexer->lookahead)) {
    if (lexer->lookahead == '\n') {
      if (valid[NEWLINE] && !crossed) {
        advance(lexer);
        lexer->mark_end(lexer);
        crossed = true;
        continue;
      }
    }
    if (crossed) advance(lexer);
    else lexer->advance(lexer, true);
  }
  if (crossed) {
    if (continues(lexer)) return false;
    lexer->result_symbol = NEWLINE;
    return true;
  }
  if (lexer->lookahead == '/') {
    advance(lexer);
    if (lexer->lookahead != '*') return false;
    advance(lexer);
    rest_of_comment(lexer);
    lexer->mark_end(lexer);
    lexer->result_symbol = BLOCK_COMMENT;
    return true;
  }
  if (lexer->lookahead != '{' || !(valid[MAP_OPEN] || valid[BLOCK_OPEN])) return false;
  advance(lexer);
  lexer->mark_end(lexer);
  bool map = valid[MAP_OPEN] && (!valid[BLOCK_OPEN] || opens_map(lexer));
  lexer->result_symbol = map ? MAP_OPEN : BLOCK_OPEN;
  return true;
}
