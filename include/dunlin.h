/* Dunlin for C programs. The library is made by `cargo build --release -p dunlin-capi`
 * (libdunlin_c.so and libdunlin_c.a in target/release).
 *
 * Ownership: what a function named *_new, or one that gives `dunlin_data *`, returns belongs to the
 * caller, who frees it; `const` pointers that are returned belong to what they were asked of and live
 * as long as it is neither changed nor freed. Texts that are passed in are UTF-8; those with a length
 * need no zero at the end. A VM may be used by one thread at a time.
 */
#ifndef DUNLIN_H
#define DUNLIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dunlin_builder dunlin_builder;
typedef struct dunlin_vm dunlin_vm;
typedef struct dunlin_data dunlin_data;

typedef enum {
    DUNLIN_NIL, DUNLIN_BOOL, DUNLIN_INT, DUNLIN_BIG_INT, DUNLIN_FLOAT, DUNLIN_CHAR, DUNLIN_STRING,
    DUNLIN_SYMBOL, DUNLIN_BYTES, DUNLIN_LIST, DUNLIN_TUPLE, DUNLIN_SET, DUNLIN_MAP, DUNLIN_OBJECT,
    DUNLIN_OTHER
} dunlin_kind;

/* How a call ended. */
typedef enum {
    DUNLIN_OK, DUNLIN_REJECTED, DUNLIN_UNCAUGHT, DUNLIN_EXITED, DUNLIN_HEAP_LIMIT, DUNLIN_TIME_LIMIT,
    DUNLIN_STACK_LIMIT, DUNLIN_MISUSED, DUNLIN_DEFECT
} dunlin_status;

/* A function that C lends: it gives its result, which then belongs to the VM, or, after
 * dunlin_fail(), NULL. NULL without dunlin_fail() is nil. */
typedef dunlin_data *(*dunlin_function)(void *user, const dunlin_data *const *arguments, size_t count,
                                        dunlin_data *failure);
typedef void (*dunlin_output)(void *user, const char *text, size_t len);

/* Before there is a VM. */
dunlin_builder *dunlin_builder_new(void);
void dunlin_builder_free(dunlin_builder *builder); /* only if it was not built */
void dunlin_builder_heap_bytes_max(dunlin_builder *builder, uint64_t bytes);
void dunlin_builder_time_max_ms(dunlin_builder *builder, uint64_t milliseconds);
void dunlin_builder_stack_frames_max(dunlin_builder *builder, size_t frames);
void dunlin_builder_output(dunlin_builder *builder, dunlin_output output, void *user);
/* `head` as Dunlin writes it: "add(a, b = 1)". */
void dunlin_builder_function(dunlin_builder *builder, const char *head, dunlin_function function, void *user);
/* The builder is gone afterwards. NULL if a head makes no sense. */
dunlin_vm *dunlin_builder_build(dunlin_builder *builder);

/* A VM: texts are evaluated in it one after another, what they define stays. */
void dunlin_vm_free(dunlin_vm *vm);
dunlin_status dunlin_vm_run(dunlin_vm *vm, const char *text, size_t len);
/* NULL after a failure. */
dunlin_data *dunlin_vm_eval(dunlin_vm *vm, const char *text, size_t len);
dunlin_data *dunlin_vm_call(dunlin_vm *vm, const char *name, const dunlin_data *const *arguments, size_t count);
/* How the last call ended, and its report for people ("" after success). */
dunlin_status dunlin_vm_status(const dunlin_vm *vm);
const char *dunlin_vm_report(const dunlin_vm *vm);

/* Data: copies of values. */
dunlin_data *dunlin_nil_new(void);
dunlin_data *dunlin_bool_new(bool flag);
dunlin_data *dunlin_int_new(int64_t number);
dunlin_data *dunlin_float_new(double number);
dunlin_data *dunlin_string_new(const char *text, size_t len); /* NULL if it is not UTF-8 */
dunlin_data *dunlin_bytes_new(const uint8_t *bytes, size_t len);
dunlin_data *dunlin_list_new(void);
dunlin_data *dunlin_map_new(void);
void dunlin_data_free(dunlin_data *data);
/* The element, key and value belong to the list or map afterwards. */
bool dunlin_list_push(dunlin_data *list, dunlin_data *element);
bool dunlin_map_add(dunlin_data *map, dunlin_data *key, dunlin_data *value);
/* Makes the failure that a lent function was given say why; its text is copied. */
void dunlin_fail(dunlin_data *failure, const char *message, size_t len);

dunlin_kind dunlin_data_kind(const dunlin_data *data);
/* Each gives false and leaves `out` alone where the data is of another kind. */
bool dunlin_data_bool(const dunlin_data *data, bool *out);
bool dunlin_data_int(const dunlin_data *data, int64_t *out);
bool dunlin_data_float(const dunlin_data *data, double *out); /* of an Int, too */
/* The text of a String, Symbol, BigInt or other value, or the content of Bytes; not ended by a zero. */
bool dunlin_data_text(const dunlin_data *data, const char **text, size_t *len);
/* Elements of a List, Tuple or Set, entries of a Map; 0 for anything else. */
size_t dunlin_data_len(const dunlin_data *data);
const dunlin_data *dunlin_data_at(const dunlin_data *data, size_t index);    /* an element, or the value of an entry */
const dunlin_data *dunlin_data_key_at(const dunlin_data *data, size_t index); /* the key of an entry */

/* Native extensions: a shared library that `import native "./libgeometry.so" { area }` loads, where the
 * permission `ffi` is given. It links against nothing: everything it needs stands in the table that it
 * is given. Its functions may be called by several threads at the same time.
 *
 *     bool dunlin_extension(const dunlin_api *api, dunlin_registry *registry) {
 *         if (api->version != DUNLIN_API_VERSION) return false;
 *         return api->add_function(registry, "area(width, height = 1)", area, NULL);
 *     }
 */
#define DUNLIN_API_VERSION 1
typedef struct dunlin_registry dunlin_registry;
typedef struct {
    uint32_t version;
    uint32_t size; /* of this table: later versions may be longer */
    /* `head` as Dunlin writes it. The head is copied; the library stays loaded. */
    bool (*add_function)(dunlin_registry *registry, const char *head, dunlin_function function, void *user);
    /* As the functions above. */
    dunlin_data *(*nil_new)(void);
    dunlin_data *(*bool_new)(bool flag);
    dunlin_data *(*int_new)(int64_t number);
    dunlin_data *(*float_new)(double number);
    dunlin_data *(*string_new)(const char *text, size_t len);
    dunlin_data *(*bytes_new)(const uint8_t *bytes, size_t len);
    dunlin_data *(*list_new)(void);
    dunlin_data *(*map_new)(void);
    void (*data_free)(dunlin_data *data);
    bool (*list_push)(dunlin_data *list, dunlin_data *element);
    bool (*map_add)(dunlin_data *map, dunlin_data *key, dunlin_data *value);
    void (*fail)(dunlin_data *failure, const char *message, size_t len);
    uint32_t (*data_kind)(const dunlin_data *data);
    bool (*data_bool)(const dunlin_data *data, bool *out);
    bool (*data_int)(const dunlin_data *data, int64_t *out);
    bool (*data_float)(const dunlin_data *data, double *out);
    bool (*data_text)(const dunlin_data *data, const char **text, size_t *len);
    size_t (*data_len)(const dunlin_data *data);
    const dunlin_data *(*data_at)(const dunlin_data *data, size_t index);
    const dunlin_data *(*data_key_at)(const dunlin_data *data, size_t index);
} dunlin_api;
/* What the library exports; false where it cannot work with this table. */
bool dunlin_extension(const dunlin_api *api, dunlin_registry *registry);

#ifdef __cplusplus
}
#endif
#endif
