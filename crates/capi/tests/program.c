/* What a C program does with Dunlin; the test beside this file compiles and runs it. */
#include "dunlin.h"
#include <stdio.h>
#include <string.h>

static void print_text(void *user, const char *text, size_t len) {
    *(size_t *)user += len;
    fwrite(text, 1, len, stdout);
}

static dunlin_data *scaled(void *user, const dunlin_data *const *arguments, size_t count, dunlin_data *failure) {
    double number;
    (void)count;
    if (!dunlin_data_float(arguments[0], &number)) {
        dunlin_fail(failure, "a number, please", strlen("a number, please"));
        return NULL;
    }
    return dunlin_float_new(number * *(double *)user);
}

static dunlin_status run(dunlin_vm *vm, const char *text) { return dunlin_vm_run(vm, text, strlen(text)); }

int main(void) {
    size_t written = 0;
    double factor = 2.5;
    dunlin_builder *builder = dunlin_builder_new();
    dunlin_builder_heap_bytes_max(builder, 64 << 20);
    dunlin_builder_time_max_ms(builder, 2000);
    dunlin_builder_output(builder, print_text, &written);
    dunlin_builder_function(builder, "scaled(n = 1)", scaled, &factor);
    dunlin_vm *vm = dunlin_builder_build(builder);
    if (!vm) return 1;

    if (run(vm, "fn total(xs, extra) = xs.map(|x| scaled(x)).sum() + extra.len()\nprint(scaled(n: 4))") != DUNLIN_OK) {
        fputs(dunlin_vm_report(vm), stderr);
        return 2;
    }
    dunlin_data *list = dunlin_list_new();
    for (int i = 1; i <= 4; i++) dunlin_list_push(list, dunlin_int_new(i));
    dunlin_data *map = dunlin_map_new();
    dunlin_map_add(map, dunlin_string_new("key", 3), dunlin_nil_new());
    const dunlin_data *arguments[] = {list, map};
    dunlin_data *total = dunlin_vm_call(vm, "total", arguments, 2);
    double number = 0;
    if (!total || !dunlin_data_float(total, &number)) return 3;
    printf("total %.1f\n", number);
    dunlin_data_free(total);
    dunlin_data_free(list);
    dunlin_data_free(map);

    dunlin_data *names = dunlin_vm_eval(vm, "[\"a\", :b, 3]", 12);
    for (size_t i = 0; i < dunlin_data_len(names); i++) {
        const char *text;
        size_t len;
        const dunlin_data *name = dunlin_data_at(names, i);
        if (dunlin_data_text(name, &text, &len)) printf("%d %.*s\n", dunlin_data_kind(name), (int)len, text);
    }
    dunlin_data_free(names);

    printf("status %d\n", run(vm, "try { scaled(\"x\") } catch e { print(e.message) }"));
    printf("status %d\n", run(vm, "throw Error(\"out\")"));
    printf("status %d\n", run(vm, "let = "));
    printf("status %d\n", run(vm, "loop {}"));
    printf("report %s", dunlin_vm_report(vm));
    dunlin_vm_free(vm);
    return written > 0 ? 0 : 4;
}
