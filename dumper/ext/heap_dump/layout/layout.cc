#include "layout/layout.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "layout/layout_checks.h"
#include "layout/layout_table.h"
#include "layout/probes.h"

namespace heap_dump {
namespace {

constexpr char kUnknownRuby[] = "no layout is known for this version of Ruby";
constexpr char kCrashed[] = "left out, as the first try crashed";
constexpr char kLeftOut[] = "left out, as HEAP_DUMP_NO_LAYOUT asks";
constexpr char kFrameWords[] = "control frames were not found as expected";

Capability g_capabilities[kCapabilities] = {
    {"iseqs", true, nullptr},          {"locals", true, nullptr},
    {"methods", true, nullptr},        {"constants", true, nullptr},
    {"frames", true, nullptr},         {"fibers", true, nullptr},
    {"globals", true, nullptr},        {"weak_maps", true, nullptr},
    {"weak_key_maps", true, nullptr},  {"traps", true, nullptr},
    {"finalizers", true, nullptr},     {"thread_status", true, nullptr},
    {"thread_names", true, nullptr},   {"thread_values", true, nullptr},
    {"fiber_locals", true, nullptr},   {"exceptions", true, nullptr},
    {"machine_stacks", true, nullptr}, {"fiber_stacks", true, nullptr},
    {"hash_defaults", true, nullptr},  {"gvl_owner", true, nullptr}};
// The texts that `why` points to.
char g_reasons[kCapabilities][112];

// How much is known of this Ruby.
enum class State {
  kUnprepared,
  kUnprobed,  // the table alone
  kProbed,
  kNone,
};
State g_state = State::kUnprepared;
Layout g_layout;

// A way out, should a layout ever be wrong; read before there is a copy of the
// process.
bool IsOff() {
  static const bool off = getenv("HEAP_DUMP_NO_LAYOUT") != nullptr;
  return off;
}

void AllowAll() {
  for (Capability& each : g_capabilities) each.allowed = true;
}

void ForbidAllButGlobals(const char* why) {
  for (int i = 0; i < kCapabilities; ++i) {
    if (i != kGlobals) Forbid(static_cast<CapabilityIndex>(i), why);
  }
}

void LeaveOutField(const LayoutField& field, Decision::Reason reason,
                   const Finding& finding, int expected) {
  char why[sizeof(g_reasons[0])];
  switch (reason) {
    case Decision::kNotProbed:
      snprintf(why, sizeof(why), "%s: not probed", field.name);
      break;
    case Decision::kAmbiguous:
      snprintf(why, sizeof(why), "%s: found at %d places", field.name,
               finding.places.size());
      break;
    case Decision::kDisagrees:
      snprintf(why, sizeof(why), "%s: expected at %d, not found there",
               field.name, expected);
      break;
    default:
      snprintf(why, sizeof(why), "%s: not found", field.name);
  }
  for (int i = 0; i < field.needing; ++i) {
    Forbid(field.needed_by[i], why);
  }
}

// Rubies before 3.3 have no such maps, and miss nothing.
bool Applies(int field, const Findings& findings) {
  return field != kWeakKeyMap || findings.has_weak_key_map;
}

void TakeFindings(const Layout& expected, const Findings& findings) {
  for (int i = 0; i < kLayoutFields; ++i) {
    const LayoutField& field = kLayoutFieldsOf[i];
    if (!Applies(i, findings)) {
      g_layout.*field.place = -1;
      continue;
    }
    const Decision decision = Decide(expected.*field.place, findings.of[i]);
    g_layout.*field.place = decision.value;
    if (decision.source == Decision::kLeftOut) {
      LeaveOutField(field, decision.reason, findings.of[i],
                    expected.*field.place);
    }
  }
  if (!findings.frames_are_read_rightly) {
    Forbid(kFrames, kFrameWords);
    Forbid(kFibers, kFrameWords);
  }
}

// The table alone; what it lacks is left out.
void TakeTable(const Layout& expected) {
  g_layout = expected;
  const Finding none;
  for (int i = 0; i < kLayoutFields; ++i) {
    if (i == kWeakKeyMap) {
      if (expected.weak_key_map < 0)
        g_capabilities[kWeakKeyMaps].allowed = false;
      if (expected.weak_key_map < 0 && expected.api_version < 303) {
        g_capabilities[kWeakKeyMaps].allowed = true;
      }
    }
    const LayoutField& field = kLayoutFieldsOf[i];
    if (expected.*field.place < 0 &&
        !(i == kWeakKeyMap && expected.api_version < 303)) {
      LeaveOutField(field, Decision::kNotProbed, none, -1);
    }
  }
}

}  // namespace

const Layout* CurrentLayout() {
  // Without Init: a debugger loaded this library.
  if (g_state == State::kUnprepared) CapabilityOf(kIseqs);
  return g_state == State::kNone ? nullptr : &g_layout;
}

const char* LayoutSource() {
  if (CurrentLayout() == nullptr) return "none";
  if (g_state == State::kUnprobed) return "unchecked";
  return IsInTable() ? "table" : "probed";
}

void LeaveOutLayout() {
  g_state = State::kNone;
  AllowAll();
  for (int i = 0; i < kCapabilities; ++i) {
    Forbid(static_cast<CapabilityIndex>(i), kCrashed);
  }
}

const Capability& CapabilityOf(CapabilityIndex index) {
  if (g_state == State::kUnprepared) {
    if (IsOff() || !IsInTable()) {
      g_state = State::kNone;
      ForbidAllButGlobals(IsOff() ? kLeftOut : kUnknownRuby);
    } else {
      g_state = State::kUnprobed;
      TakeTable(ExpectedLayout());
      CheckThreadOnly(g_layout);
    }
  }
  return g_capabilities[index];
}

void Forbid(CapabilityIndex index, const char* why) {
  if (!g_capabilities[index].allowed) return;  // the first reason tells most
  g_capabilities[index].allowed = false;
  snprintf(g_reasons[index], sizeof(g_reasons[index]), "%s", why);
  g_capabilities[index].why = g_reasons[index];
}

void* DataOf(VALUE data) {
#ifdef HAVE_RTYPEDDATA_GET_DATA
  if (RTYPEDDATA_P(data)) return RTYPEDDATA_GET_DATA(data);
#endif
  return DATA_PTR(data);
}

void EnsureLayoutIsProbed() {
  if (g_state == State::kProbed || IsOff() || !MayProbe()) return;
  const Layout expected = ExpectedLayout();
  Findings findings;
  const int interrupt = RunProbes(expected, &findings);
  if (interrupt != 0) rb_jump_tag(interrupt);
  if (!findings.finished) return;
  AllowAll();
  g_state = State::kProbed;
  g_layout = expected;
  TakeFindings(expected, findings);
  CheckLayout(g_layout);
}

void PrepareLayout() {
  CapabilityOf(kIseqs);
  EnsureLayoutIsProbed();
  if (g_state == State::kUnprobed) CheckLayout(g_layout);
}

}  // namespace heap_dump
