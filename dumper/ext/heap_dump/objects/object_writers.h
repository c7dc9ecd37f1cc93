#ifndef HEAP_DUMP_OBJECTS_OBJECT_WRITERS_H_
#define HEAP_DUMP_OBJECTS_OBJECT_WRITERS_H_

#include <ruby.h>
#include <ruby/st.h>

#include "heap/subclasses.h"
#include "record/record.h"
#include "record/walk_options.h"

namespace heap_dump {

// IDs of hidden variables; 0 where this process never used one.
struct KnownIds {
  ID attached = 0;          // __attached__: a singleton class's object, to 3.2
  ID struct_members = 0;    // __members__
  ID thread_variables = 0;  // locals

  // Makes no Ruby object.
  void LookUp();
};

// The state that the writers of all kinds of objects share during one walk.
struct Context {
  Record* record;
  const WalkOptions* options;
  // Null if there are none, or if they were not found.
  const st_table* finalizers;
  // For rb_mod_const_at, used again for each module.
  st_table* constants;
  const Subclasses* subclasses;
  // A second set of targets, for temporary use.
  ReachableSet* others;
  KnownIds ids;

  JsonWriter* json() const { return record->json(); }
  // Whether texts that the program made have to stay out.
  bool KeepsDataOut() const { return record->redaction() != nullptr; }
};

// Each writes the fields of one kind of object into the open record; all are
// usable on any object of the kind, at any time the heap may be walked.
void WriteStringFields(const Context& context, VALUE string);
void WriteSymbolFields(const Context& context, VALUE symbol);
void WriteRegexpFields(const Context& context, VALUE regexp);
void WriteClassFields(const Context& context, VALUE klass, int type);
void WriteImemoFields(const Context& context, VALUE imemo);
void WriteDataFields(const Context& context, VALUE data);
// Instance variables of anything but a class.
void WriteInstanceVariables(const Context& context, VALUE object);

// An object's whole record. Returns how many references it has no name for.
size_t WriteObject(const Context& context, VALUE object, size_t slot_size);

// "frames", "stack" and the like of a thread or fiber; `ec` is its execution
// context, or null.
void WriteExecutionContext(const Context& context, const void* ec);

// The roots' record.
void WriteRoots(const Context& context);

// The text of `bytes` by the walk's policy for strings: "val", "length" and
// what goes with them.
void WriteText(const Context& context, TextView bytes);

// Appends the path of a class or module, "Shop::Cart". False, and nothing
// appended, for nil (it is anonymous), and, if data is to stay out, for a
// temporary name, which may be any text.
bool AppendClassPath(const Context& context, VALUE class_path,
                     ArenaVector<char>* to);
// "Session#", "Session." or "" for a method's owner, appended.
void AppendOwner(const Context& context, VALUE owner, ArenaVector<char>* to);
// The object that a singleton class is of; 0 for other classes.
VALUE AttachedObject(const Context& context, VALUE klass);

}  // namespace heap_dump

#endif  // HEAP_DUMP_OBJECTS_OBJECT_WRITERS_H_
