"""Dumps the heap of a Ruby process that never loaded the gem.

    gdb -p PID -x heap_dump.py -ex 'heap-dump /tmp/dump.json' -batch

heap-dump PATH [strings=MODE]
                     writes a dump to PATH, as the process sees the file
                     system. The process stops for milliseconds, twice, and
                     runs on while a copy of it writes. MODE is full, truncate,
                     hash or none, as in HeapDump.dump.
heap-count NS ...    prints how many objects of these classes and namespaces
                     there are, as JSON. Refused if the process has several
                     Ractors.

Parameters (set NAME VALUE):
  heap-dump-library  the gem's heap_dump.so, as the process sees it; default:
                     the one that lies beside this script
  heap-dump-patience seconds to try for before giving up (default 30)
  heap-dump-strings  the MODE of heap-dump if it is not given (default full)
  heap-dump-fallback what stands in if the system refuses clone(2): raise (the
                     default: no dump), or fork, which runs the handlers that
                     the process has for fork(2). The process never writes the
                     dump itself: it was stopped at any moment, and a mistake
                     must not be its end.

PATH is created, or replaces a regular file of the process's user. A FIFO, a
device, a socket, a symbolic link and another user's file are refused.
  heap-dump-garbage  on: write unreachable objects as well (default off)
  heap-dump-gc       on: the process collects garbage first, and writes what is
                     left (default off)
  heap-dump-rate     bytes a second that are written at most (default 0: no
                     limit)
With heap-dump-gc the process begins the dump by itself, the next time that it
runs Ruby code; one that sleeps does not.

No Ruby code is run: the library is loaded without its Init function, and one
plain C call checks that the heap may be read now, and makes the copy. A moment
that does not suit (a collection runs, memory is being allocated) is passed
over, the process runs on for a little, and the next one is tried. A call that
takes longer than two seconds goes on while all threads of the process run, and
is cut off ten seconds later.
"""

import math
import os
import re
import select
import signal
import time
import warnings

import gdb

RTLD_NOW = 2
# Codes of heapdump_begin after which another thread, or another moment, may
# do; see dumper/ext/heap_dump/capture/dump_status.h.
NOT_RUBY_THREAD = -1
OTHER_THREAD_RUNS = -2
COLLECTING = -3
SEVERAL_RACTORS = -6
RUNNING = -7
CHILD_KILLED = -15
CHILD_CRASHED = -16
AGAIN = (NOT_RUBY_THREAD, OTHER_THREAD_RUNS, COLLECTING, SEVERAL_RACTORS)
FAILED_IN_CHILD = (CHILD_KILLED, CHILD_CRASHED)

# A thread inside one of these holds, or is about to take, a lock that loading
# a library needs.
LOCKED = re.compile(
    r"^(_*(libc_)?(malloc|free|calloc|realloc|memalign|posix_memalign|"
    r"aligned_alloc|malloc_trim|reallocarray)|_int_\w+|_mid_memalign|"
    r"malloc_\w+|tcache_\w+|sysmalloc|je_\w+|_*dl_\w+|dlopen\w*|dlsym\w*|"
    r"dlclose|dl_iterate_phdr|_*libc_fork|fork|_Unwind_\w+)$")
FRAMES_LOOKED_AT = 12

# What a called function may need is either static in the library or on the
# stack: with the other threads held, waiting for one of them is for ever.
SETTINGS = (
    ("scheduler-locking", "on"),
    ("unwindonsignal", "off"),
    ("pagination", "off"),
    ("confirm", "off"),
    ("print thread-events", "off"),
)


class Parameter(gdb.Parameter):
    """A `set` variable of this script."""

    def __init__(self, name, kind, value):
        super().__init__(name, gdb.COMMAND_DATA, kind)
        self.value = value


HERE = os.path.dirname(os.path.abspath(__file__))
LIBRARY = Parameter(
    "heap-dump-library", gdb.PARAM_STRING,
    os.path.normpath(os.path.join(HERE, "..", "lib", "heap_dump",
                                  "heap_dump.so")))
PATIENCE = Parameter("heap-dump-patience", gdb.PARAM_UINTEGER, 30)
# In the order of the library's numbers for them.
STRINGS = ("full", "truncate", "none", "hash")
STRINGS_MODE = Parameter("heap-dump-strings", gdb.PARAM_STRING, "full")
# "name=value" behind a path.
OPTION = re.compile(r"\s+([a-z]+)=(\S*)$")

# For which a called function may keep the process stopped; for which it may go
# on while the rest of the process runs.
CALL_SECONDS = 2
LATE_SECONDS = 10
# What ends a call that takes longer. A process ignores this signal unless it
# handles it, and gdb keeps it away.
CALL_SIGNAL = signal.SIGCONT
SIGNALED = "was signaled while in a function called from GDB"
FALLBACK = Parameter("heap-dump-fallback", gdb.PARAM_STRING, "raise")
FALLBACKS = ("raise", "fork")
# A writer ends itself after ten minutes. One that has not ended then hangs in
# the kernel.
WRITING_SECONDS = 605
GARBAGE = Parameter("heap-dump-garbage", gdb.PARAM_BOOLEAN, False)
COLLECT = Parameter("heap-dump-gc", gdb.PARAM_BOOLEAN, False)
RATE = Parameter("heap-dump-rate", gdb.PARAM_ZINTEGER, 0)


class NotNow(Exception):
    """This moment does not suit; the next one may."""


class NeedsSafePoint(NotNow):
    """No moment that a debugger finds may ever suit."""


def function_names(thread):
    """The names of a thread's innermost functions."""
    thread.switch()
    names = []
    frame = gdb.newest_frame()
    while frame is not None and len(names) < FRAMES_LOOKED_AT:
        names.append(frame.name() or "")
        try:
            frame = frame.older()
        except gdb.error:
            break
    return names


def in_locked_function(thread):
    return any(LOCKED.match(name) for name in function_names(thread))


def evaluate(expression):
    return gdb.parse_and_eval(expression)


class Alarm:
    """Sends the process CALL_SIGNAL if it is not lifted in time. A child of gdb
    watches, as gdb runs no Python code while the process runs."""

    def __init__(self):
        self.owner = None

    def set(self, pid, seconds):
        if self.owner != os.getpid():
            self.fork()
        self.end = time.monotonic() + seconds
        os.write(self.orders, b"%d %d\n" % (pid, seconds))

    def lift(self):
        """Once this has returned no signal is sent. Returns whether the time
        was over."""
        os.write(self.orders, b"0 0\n")
        os.read(self.answers, 1)
        return time.monotonic() >= self.end

    def fork(self):
        orders, self.orders = os.pipe()
        self.answers, answers = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # gdb has threads
            child = os.fork()
        if child == 0:
            try:
                os.close(self.orders)
                os.close(self.answers)
                self.watch(orders, answers)
            finally:
                os._exit(0)
        os.close(orders)
        os.close(answers)
        self.owner = os.getpid()

    def watch(self, orders, answers):
        # An interrupt is for gdb. The end of gdb is the end of the orders.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        pid, seconds = 0, None
        while True:
            ready, _, _ = select.select([orders], [], [], seconds)
            if not ready:
                os.kill(pid, CALL_SIGNAL)
                seconds = None
                continue
            order = os.read(orders, 64)
            if not order:
                return
            pid, seconds = (int(word) for word in order.split()[-2:])
            if pid == 0:
                seconds = None
                os.write(answers, b".")


ALARM = Alarm()


def called_frame():
    """The frame of the function that gdb called on the selected thread; None
    if it has returned."""
    frame = gdb.newest_frame()
    while frame is not None:
        older = frame.older()
        if older is not None and older.type() == gdb.DUMMY_FRAME:
            return frame
        frame = older
    return None


def registers(thread):
    """Where the thread stands, whichever frame is selected."""
    thread.switch()
    frame = gdb.newest_frame()
    return frame.pc(), int(frame.read_register("sp"))


def finish_late(thread, pid, before):
    """Lets the whole process run until the call returns. A function that is
    thrown away halfway may leave a lock behind for ever, which is the last
    resort. Returns whether it came back."""
    end = time.monotonic() + LATE_SECONDS
    left = LATE_SECONDS
    while left > 0:
        gdb.execute("set scheduler-locking off", to_string=True)
        ALARM.set(pid, left)
        try:
            gdb.execute("continue", to_string=True)
        finally:
            ALARM.lift()
            gdb.execute("set scheduler-locking on", to_string=True)
        if registers(thread) == before:
            return True
        # A stop before the end is the signal of an earlier alarm.
        left = math.ceil(end - time.monotonic())
    frame = called_frame()
    if frame is None:
        raise gdb.GdbError("heap_dump: the process is in a call that gdb "
                           "cannot find the end of")
    frame.select()
    gdb.execute("return", to_string=True)
    return False


def call(name, arguments="", returns="int"):
    """Calls a function of the process on the selected thread. It keeps the
    process stopped for CALL_SECONDS at most."""
    pid = gdb.selected_inferior().pid
    thread = gdb.selected_thread()
    before = registers(thread)
    ALARM.set(pid, CALL_SECONDS)
    try:
        result = evaluate("((%s (*)())%s)(%s)" % (returns, name, arguments))
        ALARM.lift()
        return result
    except gdb.error as error:
        # The signal of an alarm that was lifted late arrives in a later call.
        late = ALARM.lift()
        if not (late or SIGNALED in str(error)) or registers(thread) == before:
            raise
    if not finish_late(thread, pid, before):
        raise gdb.GdbError("heap_dump: given up: %s does not return" % name)
    if returns == "int" and name.startswith("heapdump_"):
        return evaluate("*(int *)&heapdump_code")
    raise NotNow("%s took longer than %d s" % (name, CALL_SECONDS) if late
                 else "%s was interrupted" % name)


def address_of(symbol):
    try:
        return int(evaluate("(long)&" + symbol))
    except gdb.error:
        return None


class Process:
    """The attached process, stopped."""

    def __init__(self):
        inferior = gdb.selected_inferior()
        if inferior.pid == 0:
            raise gdb.GdbError("heap_dump: attach to a process first "
                               "(gdb -p PID)")
        self.pid = inferior.pid
        # It has stood still since about then.
        self.stopped_since = time.monotonic() - seconds_since_start()
        self.stops = []

    def threads(self):
        """All threads, the one that was selected first."""
        threads = list(gdb.selected_inferior().threads())
        return sorted(threads, key=lambda thread: thread.num)

    def resume_for(self, seconds):
        """Lets the process run on for a while."""
        self.detach()
        time.sleep(seconds)
        self.stop()

    def detach(self):
        gdb.execute("detach", to_string=True)
        self.stops.append(time.monotonic() - self.stopped_since)

    def stop(self):
        self.stopped_since = time.monotonic()
        gdb.execute("attach %d" % self.pid, to_string=True)
        apply_settings()

    def load_library(self):
        if address_of("heapdump_begin") is not None:
            return
        self.threads()[0].switch()
        # gdb would read symbols during the call, the process stopped.
        gdb.execute("set auto-solib-add off")
        try:
            handle = call("dlopen", '"%s", %d' % (LIBRARY.value, RTLD_NOW),
                          "void *")
        finally:
            gdb.execute("set auto-solib-add on")
        if int(handle) == 0:
            reason = call("dlerror", "", "char *").string()
            raise gdb.GdbError("heap_dump: the process cannot load the "
                               "library: " + reason)
        if address_of("heapdump_begin") is None:
            gdb.execute("sharedlibrary heap_dump", to_string=True)
        if address_of("heapdump_begin") is None:
            raise gdb.GdbError("heap_dump: %s is not the gem's library"
                               % LIBRARY.value)

    def require_no_locks(self):
        """Loading a library and reading the heap may use malloc."""
        for thread in self.threads():
            if in_locked_function(thread):
                raise NotNow("a thread is allocating memory")

    def write_argument(self, text):
        """Puts bytes where the library's functions read their argument."""
        room = int(evaluate("*(int *)&heapdump_argument_size"))
        if len(text) >= room:
            raise gdb.GdbError("heap_dump: the argument is too long")
        gdb.selected_inferior().write_memory(address_of("heapdump_argument"),
                                             text)

    def set_strings(self, mode):
        if address_of("heapdump_strings") is None:
            if mode == "full":
                return
            raise gdb.GdbError("heap_dump: the gem that the process has loaded "
                               "is too old for strings=%s" % mode)
        gdb.execute("set var *(int *)&heapdump_strings = %d"
                    % STRINGS.index(mode))

    def set_fallback(self):
        if address_of("heapdump_fork_allowed") is None:
            return
        gdb.execute("set var *(int *)&heapdump_fork_allowed = %d"
                    % (FALLBACK.value == "fork"))
    def set_number(self, kind, name, value):
        gdb.execute("set var *(%s *)&%s = %d" % (kind, name, value),
                    to_string=True)

    def set_options(self):
        self.set_option("int", "garbage", GARBAGE.value)
        self.set_option("int", "gc", COLLECT.value)
        self.set_option("long", "rate", RATE.value)

    def set_option(self, kind, name, value):
        symbol = "heapdump_" + name
        if address_of(symbol) is not None:
            self.set_number(kind, symbol, value)
        elif value:
            raise gdb.GdbError("heap_dump: the gem that the process has loaded "
                               "is too old for heap-dump-" + name)

    def describe_stops(self):
        """How long the process stood still, the present stop included."""
        stops = self.stops + [time.monotonic() - self.stopped_since]
        return "stopped %d times, %.0f ms in all, %.0f ms at most" % (
            len(stops), 1e3 * sum(stops), 1e3 * max(stops))

    def message(self, code):
        detail = int(evaluate("*(int *)&heapdump_detail"))
        text = call("heapdump_message", str(code), "char *").string()
        if detail == 0:
            return text
        if code in FAILED_IN_CHILD:
            return "%s (signal %d)" % (text, detail)
        return "%s (%s)" % (text, os.strerror(detail))

    def call_on_fitting_thread(self, name):
        """Calls `name` on one thread after the other until one is right."""
        code = NOT_RUBY_THREAD
        for thread in self.threads():
            thread.switch()
            code = int(call(name))
            if code not in AGAIN:
                return code
            if code == COLLECTING:
                break
        if code in (COLLECTING, SEVERAL_RACTORS):
            raise NeedsSafePoint(self.message(code))
        raise NotNow(self.message(code))

    def require_one_ractor(self):
        """Threads of several Ractors run at the same time."""
        ractors = set()
        for thread in self.threads():
            thread.switch()
            ractors.add(int(call("heapdump_ractor", "", "void *")))
        if len(ractors - {0}) > 1:
            raise NeedsSafePoint(self.message(SEVERAL_RACTORS))

    def call_on_ruby_thread(self, name):
        """Calls `name` on the first thread that belongs to Ruby."""
        for thread in self.threads():
            thread.switch()
            code = int(call(name))
            if code != NOT_RUBY_THREAD:
                return code
        raise NotNow("no thread of Ruby can be used")


def seconds_since_start():
    """How long this gdb has been running: it attached soon after it started."""
    with open("/proc/self/stat") as file:
        started = int(file.read().rpartition(")")[2].split()[19])
    with open("/proc/uptime") as file:
        uptime = float(file.read().split()[0])
    return max(uptime - started / os.sysconf("SC_CLK_TCK"), 0.0)


def apply_settings():
    for name, value in SETTINGS:
        gdb.execute("set %s %s" % (name, value), to_string=True)
    # A signal of the program's is the program's: it gets it, we go on.
    gdb.execute("handle all nostop noprint pass", to_string=True)
    gdb.execute("handle SIGINT SIGTRAP SIGCONT stop print nopass",
                to_string=True)


class Pauses:
    """Ever longer pauses until the patience is at its end."""

    def __init__(self):
        self.end = time.monotonic() + (PATIENCE.value or 0)
        self.next = 0.01

    def over(self):
        return time.monotonic() > self.end

    def take(self):
        pause = self.next
        self.next = min(pause * 1.5, 1.0)
        return pause


def attempt(process, action):
    """Runs `action` at the first moment that suits."""
    pauses = Pauses()
    while True:
        try:
            return action()
        except NotNow as reason:
            if pauses.over():
                raise gdb.GdbError("heap_dump: gave up after %d s: %s"
                                   % (PATIENCE.value, reason))
        process.resume_for(pauses.take())


def writer_of(pid):
    """The process that writes pid's dump, by its name; None if not found."""
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % entry) as file:
                head, _, tail = file.read().rpartition(")")
        except OSError:
            continue
        if head.endswith("(heap_dump") and int(tail.split()[1]) == pid:
            return int(entry)
    return None


def wait_for_beginning(process):
    """Lets the process run until it has begun the dump by itself."""
    pauses = Pauses()
    while int(evaluate("*(int *)&heapdump_pending")):
        if pauses.over():
            gdb.execute("set var *(int *)&heapdump_pending = 0")
            raise NotNow("it never comes to a moment that suits")
        process.resume_for(pauses.take())
    return int(evaluate("*(int *)&heapdump_code"))


def wait_for_writer(process, end):
    """Waits, the process running, until its writer has probably ended, or
    until `end` (time.monotonic)."""
    writer = writer_of(process.pid)
    process.detach()
    while writer is not None and time.monotonic() < end:
        time.sleep(0.05)
        try:
            with open("/proc/%d/stat" % writer) as file:
                state = file.read().rpartition(")")[2].split()[0]
        except OSError:
            break
        if state in "ZX":
            break
    else:
        time.sleep(0.5)
    process.stop()


def split_options(argument):
    """The path, and the mode of `strings`."""
    strings = STRINGS_MODE.value
    path = argument.strip()
    while True:
        found = OPTION.search(path)
        if found is None:
            break
        if found.group(1) != "strings":
            raise gdb.GdbError("heap_dump: there is no option %s=; there is "
                               "strings=%s" % (found.group(1),
                                               "|".join(STRINGS)))
        strings = found.group(2)
        path = path[:found.start()]
    if strings not in STRINGS:
        raise gdb.GdbError("heap_dump: strings=%s is none of %s"
                           % (strings, ", ".join(STRINGS)))
    return path or "dump.json", strings


def reported(action):
    """Runs what no further moment can repeat."""
    try:
        return action()
    except NotNow as reason:
        raise gdb.GdbError("heap_dump: no dump: %s" % reason)


class HeapDump(gdb.Command):
    """heap-dump PATH [strings=MODE]: write a dump of the heap to PATH.
MODE says how much of the program's texts is written: full, truncate, hash or
none. PATH is as the process sees it (in its container), absolute or below its
working directory; a name in .gz or .zst is compressed."""

    def __init__(self):
        super().__init__("heap-dump", gdb.COMMAND_DATA, gdb.COMPLETE_FILENAME)
        self.copy_ms = 0.0

    def invoke(self, argument, from_tty):
        path, strings = split_options(argument)
        if FALLBACK.value not in FALLBACKS:
            raise gdb.GdbError("heap_dump: heap-dump-fallback is %s; it can be "
                               "%s" % (FALLBACK.value, " or ".join(FALLBACKS)))
        process = Process()
        apply_settings()
        pauses = Pauses()
        while True:
            code = reported(lambda: self.dump(process, path, strings))
            # The process was copied in the middle of something: once more.
            if code not in FAILED_IN_CHILD or pauses.over():
                break
        if code != 0:
            raise gdb.GdbError("heap_dump: no dump: " +
                               reported(lambda: process.message(code)))
        objects = int(evaluate("*(long *)&heapdump_objects"))
        print("heap_dump: process %d wrote %d objects to %s"
              % (process.pid, objects, path))
        print("heap_dump: process %d was %s (%.1f ms of that for the copy)"
              % (process.pid, process.describe_stops(), self.copy_ms))

    def dump(self, process, path, strings):
        def begin():
            process.require_no_locks()
            process.load_library()
            process.write_argument(os.fsencode(path) + b"\0")
            process.set_strings(strings)
            process.set_fallback()
            process.set_options()
            one_ractor = False
            try:
                process.require_one_ractor()
                one_ractor = COLLECT.value
                if not one_ractor:
                    return process.call_on_fitting_thread(
                        "heapdump_begin_argument")
            except NeedsSafePoint:
                pass
            # It shall begin by itself.
            process.set_option("int", "one_ractor", one_ractor)
            code = process.call_on_ruby_thread("heapdump_begin_later")
            return code if code != 0 else wait_for_beginning(process)

        code = attempt(process, begin)
        if code != 0:
            return code
        if address_of("heapdump_stop_us") is not None:
            self.copy_ms = int(evaluate("*(long *)&heapdump_stop_us")) / 1e3
        code = RUNNING
        end = time.monotonic() + WRITING_SECONDS
        while code == RUNNING and time.monotonic() < end:
            wait_for_writer(process, end)
            code = int(call("heapdump_end", "0"))
        return code


class HeapCount(gdb.Command):
    """heap-count NS ...: count the objects of classes and namespaces."""

    def __init__(self):
        super().__init__("heap-count", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        names = argument.split()
        process = Process()
        apply_settings()

        def count():
            process.require_no_locks()
            process.load_library()
            try:
                process.require_one_ractor()
            except NeedsSafePoint as reason:
                # Its copy would wait for Ractors that it does not have.
                raise gdb.GdbError("heap_dump: no count: %s; heap-dump can do "
                                   "with them" % reason)
            process.write_argument(
                b"".join(os.fsencode(name) + b"\0" for name in names) + b"\0")
            return process.call_on_fitting_thread("heapdump_count_argument")

        code = attempt(process, count)
        if code != 0:
            raise gdb.GdbError("heap_dump: no count: " + process.message(code))
        print(evaluate("*(char **)&heapdump_text").string())


HeapDump()
HeapCount()
