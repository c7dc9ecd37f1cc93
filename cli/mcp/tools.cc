#include "cli/mcp/tools.h"

namespace heapq {
namespace {

using P = ToolParameter;

P Id() {
  return {"id",
          P::kString,
          "",
          "Address (0x…), number (#17) or name of an object: Foo::BAR, $x, "
          "Foo.@bar, Foo[:key], Session, thread:1, suspect:1",
          true,
          {},
          0,
          0};
}

P Whole(const char* name, const char* option, const char* description,
        int64_t most) {
  return {name, P::kInteger, option, description, false, {}, 1, most};
}

P Word(const char* name, const char* option, const char* description,
       bool required) {
  return {name, P::kString, option, description, required, {}, 0, 0};
}

P Choice(const char* name, const char* option, const char* description,
         std::vector<std::string> choices) {
  return {name,  P::kString,         option, description,
          false, std::move(choices), 0,      0};
}

P Flag(const char* name, const char* option, const char* description) {
  return {name, P::kBoolean, option, description, false, {}, 0, 0};
}

P Rows() { return Whole("rows", "-n", "Rows to show", 200); }

}  // namespace

const std::vector<Tool>& Tools() {
  static const std::vector<Tool> kTools = {
      {"summary",
       "What was dumped, when, how many objects and bytes. Begin here, then "
       "ask suspects.",
       {"info"},
       {},
       {},
       {"source", "format", "objects", "size", "reachable", "reachable_size",
        "header{}", "memory", "roots[]", "dropped{}"}},
      {"load",
       "Reads a heap dump into the heap.db that is served, which it replaces. "
       "Only needed for a new dump.",
       {"load"},
       {Word("dump", "", "Path of the dump: .json, .json.gz, .json.zst", true),
        Word("status", "--status",
             "Path of a copy of the process's /proc/PID/smaps_rollup", false)},
       {},
       {"db", "format", "objects", "size", "reachable", "reachable_size",
        "dropped{}"},
       true},
      {"suspects",
       "What keeps a large share of the heap, and the file and line that "
       "hold it.",
       {"suspects"},
       {Word("share", "--share",
             "Of the heap, that a suspect keeps at least: \"10%\"", false),
        Word("before", "--against",
             "Path of an older heap.db of the same program: what grew leads",
             false)},
       {},
       {"suspects[]", "gone", "gone_below"}},
      {"memory",
       "Where the process had its memory, from the RSS down: live objects, "
       "garbage, fragmentation, native code; and what most of it is. Ask when "
       "a process is larger than its heap.",
       {"memory"},
       {Word("before", "--against",
             "Path of an older heap.db of the same program: what changed",
             false)},
       {},
       {"rss", "sentence", "rows[]"}},
      {"why_alive",
       "The path from a root to an object, every hop named: why it is still "
       "in memory.",
       {"why-alive"},
       {Id(), Whole("paths", "--paths", "Different paths to show", 20),
        Word("exclude", "--exclude",
             "Only paths without it: a class (WeakRef, Foo::*), a constant, a "
             "variable (@cache, $x) or a key ([:key])",
             false),
        Flag("all_hops", "--all-hops", "Each hop, nothing folded"),
        Flag("raw", "--raw", "The fewest hops, through Ruby's own tables")},
       {},
       {"object{}", "verdict", "notes", "paths[]"}},
      {"why_alive_all",
       "The paths of all instances of a class, merged into one tree.",
       {"why-alive"},
       {Word("class", "--all-of", "Full name of a class: \"Rack::Request\"",
             true)},
       {},
       {"class", "instances", "unreachable", "size", "retained", "rows[]"}},
      {"why_alive_where",
       "The paths of the objects that an SQL condition finds, merged into one "
       "tree, with what they retain together.",
       {"why-alive"},
       {Word("condition", "--where",
             "SQL over the columns of v_objects: \"class = 'String' AND size > "
             "100000\"",
             true)},
       {},
       {"instances", "unreachable", "size", "retained", "rows[]"}},
      {"what_if",
       "What would be freed if objects or a reference were cleared. Give "
       "\"object\", \"reference\" or both.",
       {"what-if"},
       {Word("object", "--drop",
             "Address, number or name of an object; of a class: its instances",
             false),
        Word("reference", "--drop-edge",
             "HOLDER:LABEL, as why_alive names them: \"0x7f…:@cache\", "
             "\"root:$bus\"",
             false)},
       {},
       {"objects", "size", "reachable_size", "rows[]"}},
      {"owner",
       "The code that a closure's variables belong to; the closures and "
       "variables that code owns.",
       {"owner"},
       {Id(), Rows()},
       {},
       {"object{}", "code", "envs[]"}},
      {"check",
       "Compares the heap with a file of budgets; an error if one is exceeded.",
       {"check"},
       {Word("budget", "--budget", "Path of a budget file, TOML", true),
        Word("before", "--against",
             "Path of an older heap.db, for budgets of growth", false)},
       {},
       {}},
      {"unreachable",
       "What no root reaches, by class, and why that can be.",
       {"unreachable"},
       {Rows()},
       {}},
      {"cut",
       "The fewest references that must go so that an object is freed.",
       {"why-alive"},
       {Id()},
       {"--cut"},
       {"outcome", "object", "passing_left", "freed_objects", "freed_size",
        "rows[]"}},
      {"diff",
       "What grew since an older dump of the same process, and where it "
       "hangs.",
       {"diff"},
       {Word("before", "", "Path of the older heap.db", true),
        Word("between", "",
             "Path of a heap.db between the two: what grew twice leads", false),
        Rows()},
       {kServedDb},
       {"verdict", "memory", "minutes", "growth[]", "classes[]", "namespaces[]",
        "sites[]", "gems[]", "suspects[]", "added[]", "notes"}},
      {"top",
       "What there is most of, by class.",
       {"top-types"},
       {Choice("by", "--by", "What to sort by", {"count", "size", "retained"}),
        Rows()},
       {},
       {"order", "total_types", "total_objects", "total_size", "rows[]"}},
      {"top_retainers",
       "The objects, or classes, namespaces, files or gems, that keep most "
       "bytes.",
       {"top-retainers"},
       {Choice("by", "--by", "What to add up by",
               {"object", "class", "namespace", "file", "gem"}),
        Rows()},
       {},
       {"rows[]"}},
      {"tree",
       "The dominator tree: what would be freed with an object, and with what "
       "in it. Without an id: from the roots.",
       {"tree"},
       {Word("id", "", "Address (0x…), number (#17) or name of an object",
             false),
        Whole("depth", "--depth", "Levels to show", 20),
        Word("min_share", "--min-share",
             "Leave out what retains less of the whole: \"1%\"", false)},
       {}},
      {"show",
       "An object's class, size and fields, as Ruby would show them.",
       {"show"},
       {Id(), Rows()},
       {},
       {"object{}", "kind", "flags", "generation", "reachable", "text", "roots",
        "referrers", "total_fields", "fields[]"}},
      {"refs",
       "The objects that an object holds.",
       {"refs"},
       {Id(), Rows()},
       {},
       {"total", "skipped", "rows[]"}},
      {"referrers",
       "The objects that hold an object, and under which names.",
       {"referrers"},
       {Id(), Rows()},
       {},
       {"total", "skipped", "rows[]"}},
      {"search",
       "Classes and strings by a part of their text; of a class's full name "
       "its objects.",
       {"search"},
       {Word("text", "", "As it is written; case counts", true), Rows()},
       {},
       {"whole", "rows[]"}},
      {"totals",
       "Count, size and retained size by namespace, or by gem or file where "
       "allocations were traced.",
       {"totals"},
       {Choice("by", "--by", "What to add up by", {"namespace", "gem", "file"}),
        Rows()},
       {}},
      {"threads",
       "Threads and fibers: frames, locals, and what these keep.",
       {"threads"},
       {},
       {},
       {"threads[]"}},
      {"waste",
       "Duplicate strings, empty collections and the like, with who holds "
       "them.",
       {"waste"},
       {Rows()},
       {},
       {"total_bytes", "rows[]"}},
      {"sql",
       "Anything else: one read-only SELECT over SQLite's tables and views. "
       "v_objects (id, address, type, class, name, size, retained, file, line) "
       "and v_edges are good ones to begin with.",
       {"sql"},
       {Word("query", "", "A SELECT statement", true),
        Whole("rows", "--limit", "Stop after so many rows", 200)},
       {"--timeout", "20"}},
  };
  return kTools;
}

const Tool* FindTool(const std::string& name) {
  for (const Tool& tool : Tools()) {
    if (tool.name == name) return &tool;
  }
  return nullptr;
}

}  // namespace heapq
