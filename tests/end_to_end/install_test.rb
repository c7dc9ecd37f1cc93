# frozen_string_literal: true

require_relative "support/end_to_end"

# Both halves as a user gets them: an installed gem, an installed program.
class InstallTest < Minitest::Test
  include EndToEnd

  # Builds the gem and installs it without a network into a GEM_HOME of its
  # own; a program that knows nothing of it is dumped by a signal.
  def test_hook_of_an_offline_installed_gem
    gem = build_gem
    home = path("gems")
    environment = { "GEM_HOME" => home, "GEM_PATH" => home, "RUBYOPT" => nil, "RUBYLIB" => nil }
    run_command(RUBY, "-S", "gem", "install", "--local", "--no-document", "--install-dir", home, gem, env: environment)
    File.write(path("service.rb"), <<~RUBY)
      $kept = Struct.new(:request).new("kept by the service")
      $stdout.puts("ready")
      $stdout.flush
      sleep
    RUBY
    output, input = IO.pipe
    service = spawn(environment.merge("RUBYOPT" => "-rheap_dump/hook", "HEAP_DUMP_DIR" => path("dumps")),
                    RUBY, path("service.rb"), out: input, err: path("log"), chdir: @folder)
    input.close
    assert_equal "ready\n", Timeout.timeout(PATIENCE) { output.gets }, File.read(path("log"))
    Process.kill(:USR2, service)
    dump = wait_for { File.read(path("log"))[/ wrote (\S+)/, 1] }
    assert_nil Process.wait(service, Process::WNOHANG), "the service goes on"
    assert dump.start_with?(path("dumps")), dump
    load_dump(dump)
    refute_empty sql("SELECT id FROM strings WHERE value = 'kept by the service'")
  ensure
    if service
      Process.kill(:KILL, service)
      Process.wait(service)
    end
  end

  # What the first gem took: a positional name and the flag for the GC.
  def test_dump_and_count_objects_of_the_first_gem
    counts = JSON.parse(ruby("-rheap_dump", "-e", <<~RUBY))
      module Ns; class A; end; class B; end; module Deep; class C; end; end; end
      class Some; end
      KEPT = [Ns::A.new, Ns::A.new, Ns::B.new, Ns::Deep::C.new, Some.new]
      HeapDump.dump
      HeapDump.dump("second.json", false)
      puts HeapDump.count_objects([Ns, "Some", :Missing])
    RUBY
    assert_equal({ "Ns::A" => 2, "Ns::B" => 1, "Ns::Deep::C" => 1, "Some" => 1 },
                 counts["user_types"].reject { |_, count| count.zero? })
    assert_operator counts["total_slots"], :>, counts["free_slots"]
    assert_operator counts["basic_types"]["T_STRING"], :>, 1000
    %w[dump.json second.json].each { |name| load_dump(path(name), db: path("#{name}.db")) }

    table = heapq_json("count", "Ns", "Some", db: path("dump.json.db"))
    assert_equal counts["user_types"].reject { |_, count| count.zero? },
                 table["user_types"].reject { |_, count| count.zero? }, "the file says the same"
  end

  def test_cmake_install
    build = File.dirname(HEAPQ, 2)
    skip "#{HEAPQ} is not in a build folder" unless File.file?(File.join(build, "CMakeCache.txt"))
    run_command("cmake", "--install", build, "--prefix", path("prefix"))
    version = run_command(path("prefix/bin/heapq"), "--version", chdir: "/")
    assert_match(/\Aheapq \d+\.\d+\.\d+/, version)
    assert_match(/dump format.*2/, version)
    assert_match(/schema.*\d/, version)
    %w[share/man/man1/heapq.1 share/bash-completion/completions/heapq
       share/zsh/site-functions/_heapq share/fish/vendor_completions.d/heapq.fish
       share/doc/heapq/LICENSE share/doc/heapq/README.md share/doc/heapq/docs/reference/schema.md
       share/doc/heapq/docs/reference/commands.md].each do |file|
      assert File.size?(path("prefix/#{file}")), "#{file} is installed"
    end
    sections = run_command("readelf", "--sections", "--wide", path("prefix/bin/heapq"))
    refute_match(/\.symtab|\.debug_info/, sections, "the program is stripped")
  end

  private

  def build_gem
    # A copy: other tests may be at work in the gem's folder.
    FileUtils.cp_r(File.join(REPOSITORY, "dumper"), path("dumper"))
    run_command(RUBY, "-S", "gem", "build", "--strict", "heap_dump.gemspec", "--output", path("built.gem"),
                chdir: path("dumper"))
    path("built.gem")
  end

  def wait_for
    Timeout.timeout(PATIENCE) do
      loop do
        found = yield
        return found if found

        sleep 0.05
      end
    end
  end
end
