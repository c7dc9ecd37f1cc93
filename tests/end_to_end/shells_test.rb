# frozen_string_literal: true

require_relative "support/end_to_end"
require "pty"

# What `cmake --install` puts beside the program: completions, in the shells
# that they are for, and the manual page.
class ShellsTest < Minitest::Test
  include EndToEnd

  DUMP = <<~JSON
    [{"id":"_HEADER_","format":"heap_dump","version":2,"ruby":"3.1.2","strings":"full"}
    ,{"id":"_ROOTS_","globals":[["$cart",4296]]}
    ,{"id":4096,"bt":"T_CLASS","class":4136,"size":500,"name":"Object"}
    ,{"id":4136,"bt":"T_CLASS","class":4136,"size":500,"name":"Class","super":4096}
    ,{"id":4256,"bt":"T_CLASS","class":4136,"size":500,"name":"Shop::Cart","super":4096}
    ,{"id":4296,"bt":"T_OBJECT","class":4256,"size":40,"ivs":{"@next":4336}}
    ,{"id":4336,"bt":"T_OBJECT","class":4256,"size":40}
    ,{"id":"_END_","objects":5,"edges":6}]
  JSON

  # A line, Tab and what it becomes. `%s` is the folder with a heap of two
  # objects, in heap.db and other.db.
  COMPLETED = {
    "heapq why-a" => "heapq why-alive ",
    "heapq --quiet --db other.db what" => "heapq --quiet --db other.db what-if ",
    "heapq top-types --by cou" => "heapq top-types --by count ",
    "heapq top-types --form" => "heapq top-types --format ",
    "heapq load --str" => "heapq load --strict ",
    "heapq help owne" => "heapq help owner ",
    "heapq load dump" => "heapq load dump.json ",
    "heapq diff heap.db oth" => "heapq diff heap.db other.db ",
    "heapq show 0x10c" => "heapq show 0x10c8 ",
    "heapq why-alive --all-of Shop::C" => "heapq why-alive --all-of Shop::Cart ",
    "heapq --db other.db show 0x10f" => "heapq --db other.db show 0x10f0 "
  }.freeze

  def setup
    super
    File.write(path("dump.json"), DUMP)
    load_dump
    File.rename(path("heap.db"), path("other.db"))
    load_dump
    install
  end

  def test_bash
    script = path("prefix/share/bash-completion/completions/heapq")
    run_command("bash", "-n", script)
    check_shell(["bash", "--norc", "--noprofile", "-i"], "source #{script}")
    check_shell(["bash", "--norc", "--noprofile", "-i"],
                "COMP_WORDBREAKS=${COMP_WORDBREAKS//[:=]/}; source #{script}")
  end

  def test_bash_completes_all_that_help_lists
    script = path("prefix/share/bash-completion/completions/heapq")
    run_command("bash", "-c", <<~'BASH', "bash", script, *commands, env: installed)
      source "$1"
      shift
      for command; do
        COMP_LINE="heapq $command" COMP_POINT=${#COMP_LINE}
        _heapq 2>/dev/null  # compopt wants a real completion
        [[ " ${COMPREPLY[*]} " == *" $command "* ]] || { echo "$command: ${COMPREPLY[*]}" >&2; exit 1; }
      done
    BASH
  end

  def test_zsh
    folder = path("prefix/share/zsh/site-functions")
    run_command("zsh", "-n", File.join(folder, "_heapq"))
    check_shell(["zsh", "-f", "-i"],
                "bindkey -e; setopt no_beep; fpath=(#{folder} $fpath); autoload -U compinit; compinit -u -D")
  end

  def test_fish
    script = path("prefix/share/fish/vendor_completions.d/heapq.fish")
    run_command("fish", "--no-execute", script)
    COMPLETED.each do |typed, expected|
      found = run_command("fish", "--no-config", "-c", "source #{script}; complete -C '#{typed}'",
                          env: installed.merge("HOME" => @folder))
      words = found.lines.map { |line| line.split("\t").first.chomp }
      assert_includes words, expected.split.last, typed
    end
    all = run_command("fish", "--no-config", "-c", "source #{script}; complete -C 'heapq '",
                      env: installed.merge("HOME" => @folder))
    assert_empty commands - all.lines.map { |line| line.split("\t").first }
  end

  def test_manual_page
    page = path("prefix/share/man/man1/heapq.1")
    assert_equal "", run_command("mandoc", "-T", "lint", "-W", "warning", page)
    text = run_command("man", "--local-file", page, env: { "MANWIDTH" => "100", "LC_ALL" => "C.UTF-8", "PAGER" => "cat" })
    assert_equal "", @stderr
    text = text.gsub(/.\x08/, "").gsub(/\e\[[\d;]*m/, "")
    commands.each { |command| assert_match(/^ +heapq #{command}\b/, text) }
    assert_match(/^ +--by count\|size\|retained\n +What to sort by \(default: count\)\./, text)
    assert_match(/^ +HEAPQ_DB\n/, text)
  end

  def test_pages_name_commands_that_there_are
    Dir[File.join(REPOSITORY, "{README.md,docs/**/*.md}")].each do |page|
      named = File.read(page).scan(/(?:^(?:\$ |    )|`|\| )heapq ([a-z][a-z-]*)/).flatten.uniq
      assert_empty named - commands, page
    end
  end

  private

  def install
    build = File.dirname(HEAPQ, 2)
    skip "#{HEAPQ} is not in a build folder" unless File.file?(File.join(build, "CMakeCache.txt"))
    run_command("cmake", "--install", build, "--prefix", path("prefix"))
  end

  def installed
    { "PATH" => "#{path('prefix/bin')}:#{ENV.fetch('PATH')}", "HEAPQ_DB" => nil }
  end

  def commands
    @commands ||= heapq("help")[/^Begin:.*/m].scan(/^  ([a-z][a-z-]*) /).flatten.tap do |found|
      assert_operator found.size, :>, 20
    end
  end

  # Types each line and Tab, then turns it into `echo "{line}"` to see what
  # became of it.
  def check_shell(command, setup)
    env = installed.merge("HOME" => @folder, "TERM" => "dumb", "HISTFILE" => "/dev/null", "LC_ALL" => "C.UTF-8")
    PTY.spawn(env, *command, chdir: @folder) do |output, keys, pid|
      keys.write("#{setup}; PS1='rea''dy> '; PROMPT=$PS1\n")
      COMPLETED.each do |typed, expected|
        wait_for(output, "ready> ")
        keys.write("#{typed}\t\x01echo \"{\x05}\"\n")
        assert_equal expected.strip, wait_for(output, /^\{(.*)\}\r?$/)[1].strip, "#{command.first}: #{typed}"
      end
    ensure
      Process.kill(:KILL, pid)
      Process.wait(pid)
    end
  end

  def wait_for(output, what)
    @seen ||= +""
    Timeout.timeout(PATIENCE) do
      until (found = @seen.match(what))
        @seen << output.readpartial(4096).scrub
      end
      @seen = found.post_match
      found
    end
  rescue Timeout::Error, EOFError, Errno::EIO
    flunk "#{what} did not come: #{@seen.inspect}"
  end
end
