/* The extension of docs/embedding.md: built as a shared library and imported by programs. */
#include "dunlin.h"
#include <string.h>

static const dunlin_api *dunlin;

static dunlin_data *area(void *user, const dunlin_data *const *arguments, size_t count, dunlin_data *failure) {
    (void)user;
    double width, height;
    if (count != 2 || !dunlin->data_float(arguments[0], &width) || !dunlin->data_float(arguments[1], &height)) {
        const char *message = "area takes two numbers";
        dunlin->fail(failure, message, strlen(message));
        return NULL;
    }
    return dunlin->float_new(width * height);
}

static dunlin_data *squares(void *user, const dunlin_data *const *arguments, size_t count, dunlin_data *failure) {
    (void)user;
    (void)count;
    (void)failure;
    int64_t most = 0;
    dunlin->data_int(arguments[0], &most);
    dunlin_data *list = dunlin->list_new();
    for (int64_t n = 1; n <= most; n++) dunlin->list_push(list, dunlin->int_new(n * n));
    return list;
}

bool dunlin_extension(const dunlin_api *api, dunlin_registry *registry) {
    if (api->version != DUNLIN_API_VERSION) return false;
    dunlin = api;
    return api->add_function(registry, "area(width, height = 1)", area, NULL)
        && api->add_function(registry, "squares(most)", squares, NULL);
}
