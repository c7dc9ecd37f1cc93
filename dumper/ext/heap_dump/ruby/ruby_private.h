#ifndef HEAP_DUMP_RUBY_RUBY_PRIVATE_H_
#define HEAP_DUMP_RUBY_RUBY_PRIVATE_H_

// Functions that libruby exports (2.7 to 4.0, by nm -D) and no public header
// declares. None of those that the walk calls makes a Ruby object.

#include <ruby.h>
#include <ruby/st.h>

#include <cstddef>

extern "C" {

void rb_objspace_each_objects(int (*callback)(void* begin, void* end,
                                              size_t stride, void* data),
                              void* data);
// The same, but finishes no collection before. Up to 3.3.
void rb_objspace_each_objects_without_setup(
    int (*callback)(void* begin, void* end, size_t stride, void* data),
    void* data) __attribute__((weak));
void rb_objspace_reachable_objects_from(VALUE object,
                                        void (*callback)(VALUE, void*),
                                        void* data);
void rb_objspace_reachable_objects_from_root(
    void (*callback)(const char* category, VALUE, void*), void* data);
size_t rb_obj_memsize_of(VALUE object);

VALUE rb_iseq_path(const void* iseq);
VALUE rb_iseq_realpath(const void* iseq);
VALUE rb_iseq_label(const void* iseq);
VALUE rb_iseq_first_lineno(const void* iseq);
unsigned rb_iseq_line_no(const void* iseq, size_t position);
const void* rb_iseqw_to_iseq(VALUE wrapper);

VALUE rb_class_path_cached(VALUE klass);
VALUE rb_class_get_superclass(VALUE klass);
// Adds the constants to a table of ID => constant entry.
void* rb_mod_const_at(VALUE module, void* table);
int rb_hash_stlike_foreach(VALUE hash,
                           int (*callback)(st_data_t key, st_data_t value,
                                           st_data_t data),
                           st_data_t data);

// "USR2"; null for a number that is none.
const char* ruby_signal_name(int number);

VALUE rb_gvar_val_getter(ID id, VALUE* data);
VALUE rb_gvar_var_getter(ID id, VALUE* data);

// Whether a slot holds an object that the sweep will not free. Up to 3.3, and
// the opposite from 3.4 on.
int rb_objspace_markable_object_p(VALUE slot) __attribute__((weak));
bool rb_objspace_garbage_object_p(VALUE slot) __attribute__((weak));
// Some versions; unlike rb_gc_disable, finishes no sweep.
VALUE rb_gc_disable_no_rest(void) __attribute__((weak));

// 3.0 and later.
const char* rb_imemo_name(int type) __attribute__((weak));

// 3.0 and later; until then, these were plain global variables.
VALUE rb_ractor_stdin(void) __attribute__((weak));
VALUE rb_ractor_stdout(void) __attribute__((weak));
VALUE rb_ractor_stderr(void) __attribute__((weak));
// 3.3 and later.
size_t rb_gc_obj_slot_size(VALUE object) __attribute__((weak));
VALUE rb_class_attached_object(VALUE klass) __attribute__((weak));
}

namespace heap_dump {

// An entry of an st_table. Since Ruby 2.4 its public header declares the struct
// without its members.
struct TableEntry {
  st_index_t hash;  // all ones: deleted
  st_data_t key;
  st_data_t value;
};

// The elements of an array. Not RARRAY_CONST_PTR: up to Ruby 3.2 that moves the
// elements of a young array out of the transient heap, and calls malloc for it.
inline const VALUE* ElementsOf(VALUE array) {
#ifdef RARRAY_CONST_PTR_TRANSIENT
  return RARRAY_CONST_PTR_TRANSIENT(array);
#else
  return RARRAY_CONST_PTR(array);
#endif
}

}  // namespace heap_dump

#endif  // HEAP_DUMP_RUBY_RUBY_PRIVATE_H_
