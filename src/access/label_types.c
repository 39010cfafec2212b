/* access/label_types.c - the table of subjects, cut into steps once. */
#include "access/labels.h"

#include "fhir/fhir.h"

static Status bad_row(Ctx *cx, const SubjectRow *row)
{
    return ctx_fail(cx, STATUS_INTERNAL, str_of(row->type), "The table of subjects has a bad row.");
}

/* "actor:Patient": cuts off the type. */
static bool cut_type(Str *path, uint16_t *ret_only)
{
    Str rest = *path;
    *ret_only = 0;
    if (str_index(rest, ':') == SIZE_MAX)
        return true;
    *path = str_cut(&rest, ':');
    *ret_only = fhir_type_find(rest);
    return *ret_only != 0;
}

static bool read_path(Str text, LabelPath *ret_path)
{
    static const char marks[] = {[PATH_TAKE] = '=', [PATH_SELF] = '@'};
    *ret_path = (LabelPath){.kind = PATH_PLAIN};
    for (uint8_t kind = PATH_TAKE; kind <= PATH_SELF && ret_path->kind == PATH_PLAIN; kind++) {
        if (text.at[0] == marks[kind]) {
            ret_path->kind = kind;
            text = str_from(text, 1);
        }
    }
    if (!cut_type(&text, &ret_path->only))
        return false;
    while (text.at && text.len) {
        if (ret_path->step_count == LABEL_PATH_STEPS)
            return false;
        ret_path->steps[ret_path->step_count++] = str_cut(&text, '.');
    }
    return ret_path->step_count > 0;
}

/* The first step must be an element of the type: a slip of the pen would hide nothing, or all. */
static bool is_path_of(uint16_t type, const LabelPath *path)
{
    Str name = path->steps[0];
    return path->kind == PATH_SELF || fhir_has_element(type, name);
}

static Status read_paths(Ctx *cx, Arena *arena, const SubjectRow *row, uint16_t type,
                         const char *text, LabelPaths *ret_paths)
{
    Str rest = str_of(text);
    size_t room = 1;
    for (size_t i = 0; i < rest.len; i++)
        room += rest.at[i] == ' ';
    LabelPath *paths = arena_array_of(arena, LabelPath, room);
    if (!paths)
        return STATUS_MEMORY;
    *ret_paths = (LabelPaths){paths, 0};
    while (rest.at && rest.len) {
        LabelPath *path = &paths[ret_paths->count++];
        Str one = str_cut(&rest, ' ');
        if (!one.len || !read_path(one, path) || !is_path_of(type, path))
            return bad_row(cx, row);
    }
    return STATUS_OK;
}

static Status compile_row(Ctx *cx, Labels *labels, const SubjectRow *row)
{
    uint16_t type = fhir_type_find(str_of(row->type));
    if (!type || type >= LABEL_TYPES_MAX || labels->types[type].known)
        return bad_row(cx, row);
    LabelType *to = &labels->types[type];
    to->about = (uint8_t)row->about;
    to->known = true;
    to->carries = str_eq(fhir_type_name(type), STR("Bundle")) ||
                  str_eq(fhir_type_name(type), STR("Parameters"));
    TRY(read_paths(cx, labels->arena, row, type, row->subjects, &to->subjects));
    TRY(read_paths(cx, labels->arena, row, type, row->hints, &to->hints));
    TRY(read_paths(cx, labels->arena, row, type, row->authors, &to->authors));
    return read_paths(cx, labels->arena, row, type, row->organisations, &to->organisations);
}

Status label_types_compile(Ctx *cx, Labels *labels)
{
    labels->patient = fhir_type_find(STR("Patient"));
    labels->practitioner = fhir_type_find(STR("Practitioner"));
    labels->role = fhir_type_find(STR("PractitionerRole"));
    labels->group = fhir_type_find(STR("Group"));
    labels->person = fhir_type_find(STR("Person"));
    labels->related = fhir_type_find(STR("RelatedPerson"));
    for (size_t i = 0; i < subject_row_count; i++)
        TRY(compile_row(cx, labels, &subject_rows[i]));
    return STATUS_OK;
}
