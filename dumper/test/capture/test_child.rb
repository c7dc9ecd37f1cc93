# frozen_string_literal: true

require_relative "capture_helper"

# The process that writes must be invisible to the program, and the program
# must go on.
class TestChild < Minitest::Test
  include TakeHelper

  def test_at_exit_and_finalizers_run_in_the_program_only
    ruby(<<~RUBY)
      at_exit { File.write("exit.\#{$$}", "") }
      ObjectSpace.define_finalizer(Object.new, proc { File.write("final.\#{$$}", "") })
      $stdout.write("buffered")
      File.write("pid", $$)
      %i[clone fork].each { |mode| HeapDump.dump(mode: mode) }
    RUBY
    pid = File.read(path("pid"))
    assert_no_leftovers ["dump.json", "exit.#{pid}", "final.#{pid}", "pid"]
  end

  def test_wait_for_any_child_never_meets_ours
    out = ruby(<<~RUBY)
      chld = 0
      trap(:CHLD) { chld += 1 }
      waiter = Thread.new do
        met = []
        loop { met << Process.wait(-1) }
      rescue Errno::ECHILD
        met
      end
      own = spawn("sleep 0.3")
      ours = Thread.new { 5.times { HeapDump.dump } }
      ours.join
      p waiter.value - [own], (Process.wait(-1) rescue $!.class)
      sleep 0.05
      p chld
    RUBY
    # A waiter that begins before the sleep was spawned ends at once.
    met, after, signals = out.split("\n")
    assert_equal "[]", met
    assert_includes ["Errno::ECHILD", /\d+/.match(after).to_s], after
    assert_equal "1", signals
  end

  def test_leaves_no_process_and_no_descriptor
    out = ruby(<<~RUBY)
      HeapDump.dump
      open = -> { Dir.children("/proc/self/fd").size }
      before = open.call
      10.times { HeapDump.dump }
      10.times { HeapDump.dump("/dev/full") rescue nil }
      10.times { HeapDump.dump("none/x") rescue nil }
      p open.call - before
      p Dir.children("/proc/self/task/\#{$$}").include?("children") ? File.read("/proc/self/task/\#{$$}/children") : ""
    RUBY
    assert_equal "0\n\"\"\n", out
  end

  def test_child_holds_nothing_of_the_program_open
    pid, _, out = start(<<~RUBY)
      require "socket"
      server = TCPServer.new("127.0.0.1", 0)
      r, w = IO.pipe
      Thread.new { HeapDump.dump(w) }
      r.readpartial(1)
      puts "ready"
      port = server.addr[1]
      server.close
      again = TCPServer.new("127.0.0.1", port)
      puts "free"
      sleep
    RUBY
    assert_equal "free", out.gets.chomp
    open = Dir.children("/proc/#{writers_of(pid).first}/fd").map do |fd|
      File.readlink("/proc/#{writers_of(pid).first}/fd/#{fd}")
    end
    assert_equal %w[pipe pipe], open.map { |name| name[/\A\w+/] }.sort
  end

  def test_child_is_the_first_to_go_when_memory_runs_out
    pid, = start("$r, w = IO.pipe; Thread.new { HeapDump.dump(w) }; $r.readpartial(1); puts 'ready'; sleep")
    assert_equal "1000", File.read("/proc/#{writers_of(pid).first}/oom_score_adj").chomp
  end

  def test_child_leaves_the_processors_to_the_program
    pid, = start("$r, w = IO.pipe; Thread.new { HeapDump.dump(w) }; $r.readpartial(1); puts 'ready'; sleep")
    nice = ->(process) { File.read("/proc/#{process}/stat").rpartition(")").last.split[16].to_i }
    own = nice.call(pid)
    skip "the test itself runs at the lowest priority" if own == 19
    assert_equal 19, nice.call(writers_of(pid).first)
  end

  # The kernel then ends the program with the child.
  def test_control_group_that_is_killed_together
    folders = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].select { |each| File.directory?(each) }
    skip "there are no control groups" if folders.empty? || !File.read("/proc/self/cgroup").match?(/^0::/)
    unshare = %w[unshare --mount]
    skip "no mount namespace may be made here" unless system(*unshare, "true", err: File::NULL)

    setup = "mount -t tmpfs none #{folders.first} && echo \"$1\" >#{folders.first}/memory.oom.group && " \
            "exec \"$2\" -I#{LIB} -rheap_dump -e \"$3\""
    warnings = %w[0 1].map do |value|
      out, err, = Open3.capture3(*unshare, "sh", "-c", setup, "sh", value, RUBY,
                                 "p HeapDump.dump('dump.json', verbose: true).warning", chdir: @folder)
      told = assert_whole.first["warning"]
      assert_equal told.inspect, out.chomp
      assert_equal !told.nil?, err.include?("warning: memory.oom.group")
      told
    end
    assert_nil warnings[0]
    assert_match(/\Amemory\.oom\.group is 1: .* kills the dumped process/, warnings[1])
  end

  def test_other_threads_go_on_while_it_is_written
    out = ruby(<<~RUBY)
      r, w = IO.pipe
      count = 0
      Thread.new { loop { count += 1; Thread.pass } }
      dump = Thread.new { HeapDump.dump(w) }
      r.readpartial(1)
      before = count
      sleep 0.2
      p count > before, dump.alive?
      Thread.new { r.read }
      dump.join
    RUBY
    assert_equal "true\ntrue\n", out
  end

  def test_signal_handlers_of_the_program_run_meanwhile
    out = ruby(<<~RUBY)
      r, w = IO.pipe
      handled = Queue.new
      trap(:USR1) { handled << 1 }
      Thread.new do
        r.readpartial(1)
        3.times { Process.kill(:USR1, $$); handled.pop }
        r.read
      end
      HeapDump.dump(w) # In the main thread, which runs the handlers.
      puts "whole"
    RUBY
    assert_equal "whole\n", out
  end

  # Another thread may have held malloc's lock when the process was copied.
  # Methods of a class with subclasses that are called and then redefined leave
  # caches behind, which Ruby 3.0 and later free when they mark the class.
  def test_child_uses_no_malloc
    [["a.json", "full"], ["b.json", "hash"], ["c.json", "truncate"], ["d.json.gz", "full"],
     ["e.json.zst", "none"]].each do |name, strings|
      ruby(<<~RUBY, name, strings, env: { "LD_PRELOAD" => malloc_trap })
        $young = Array.new(100) { |i| Array.new(10) { i } }
        GC.disable
        callers = ->(object) { 20.times { |i| eval("object.m\#{i}") } }
        $classes = Array.new(50) do
          Class.new do
            20.times { |i| define_method("m\#{i}") { i } }
            $subclasses = [*$subclasses, Class.new(self)]
            [new, $subclasses.last.new].each(&callers)
            20.times { |i| define_method("m\#{i}") { -i } }
          end
        end
        begin
          HeapDump.dump(ARGV[0], strings: ARGV[1].to_sym)
        rescue HeapDump::Unsupported
        end
      RUBY
    end
    assert_whole("a.json")
  end

  def test_frames_and_locals_of_other_threads_are_there
    ruby(<<~RUBY)
      def waiting_here(queue)
        very_special_local = Object.new
        queue.pop
      end
      threads = Array.new(3) { Thread.new { waiting_here(Queue.new) } }
      sleep 0.01 until threads.all?(&:stop?)
      HeapDump.dump("a.json")
      HeapDump.dump("b.json", mode: :in_place)
    RUBY
    %w[a.json b.json].each do |name|
      threads = assert_whole(name).select { |record| record["frames"] }
      locals = threads.flat_map { |thread| thread["frames"].map { |frame| frame["locals"] } }
      holding = locals.count { |map| map.is_a?(Hash) && map["very_special_local"].is_a?(Integer) }
      assert_equal 3, holding, name
    end
  end

  private

  # A library that ends a process named heap_dump when it comes to malloc.
  def malloc_trap
    return path("trap.so") if File.exist?(path("trap.so"))

    File.write(path("trap.c"), <<~'C')
      #include <stdlib.h>
      #include <string.h>
      #include <sys/prctl.h>
      extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
      extern void __libc_free(void *);
      static void check(void) {
        char name[17] = "";
        prctl(PR_GET_NAME, name, 0, 0, 0);
        if (strcmp(name, "heap_dump") == 0) abort();
      }
      void *malloc(size_t size) { check(); return __libc_malloc(size); }
      void *calloc(size_t n, size_t size) { check(); return __libc_calloc(n, size); }
      void *realloc(void *old, size_t size) { check(); return __libc_realloc(old, size); }
      void free(void *old) { if (old) check(); __libc_free(old); }
    C
    built = system(RbConfig::CONFIG["CC"], "-shared", "-fPIC", "-fno-builtin", "-o", path("trap.so"), path("trap.c"))
    skip "there is no C compiler" unless built
    path("trap.so")
  end
end
