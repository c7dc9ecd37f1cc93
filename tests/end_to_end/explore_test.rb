# frozen_string_literal: true

require_relative "support/end_to_end"
require_relative "support/hostile_heap"

# `heapq explore` in a real terminal: tmux types and reads the screen.
class ExploreTest < Minitest::Test
  include EndToEnd

  def setup
    super
    skip "needs tmux: run script/bootstrap" unless system("tmux -V", %i[out err] => File::NULL)
    HostileHeap.write(path("dump.json"))
    load_dump
  end

  def teardown
    tmux("kill-server") if @started
    super
  end

  def test_walk
    explore
    screen_with("The roots")
    find_line("#<Bus:0x1078>")
    keys("p")
    screen_with("is alive through:", "$bus")
    keys("Left")
    screen_with("The roots")
    keys("Enter")
    screen_with("#<Bus:0x1078>", "would be freed with it")
    find_line("[…] (60 entries)")
    keys("o")
    screen_with("60 fields")
    keys("End", "Enter")
    screen_with(HostileHeap::CLASS_NAME[0, 20], "@text")
    keys("Down", "r")
    screen_with("1 referrer:", "@text")
    keys("/")
    screen_with("Find")
    type("0x1078")
    keys("Enter")
    screen_with("@names", "@sessions")
    keys("?")
    screen_with("any key goes on")
    keys("x", "q")
    screen_with("ended with 0")
  end

  def test_what_the_heap_holds_does_not_steer_the_terminal
    explore("0x17c0")  # an escape sequence, U+2028
    keys("o")
    screen_with('\e[31m', '\u{2028}')
    keys("/")
    type("nonsense")
    keys("Enter")
    screen_with("nonsense")
    keys("C-c")
    screen_with("ended with 0")
  end

  def test_find_and_sort
    explore
    screen_with("The roots", " 1/", "█")
    all = screen[%r{ 1/(\d+)\s*$}, 1]
    refute_equal "1", all
    keys("G")
    screen_with(" #{all}/#{all}")
    keys("g")
    screen_with(" 1/#{all}")
    keys("/")
    screen_with("Find")
    type("$bus.@names")
    keys("Enter")
    screen_with("referrer")
    keys("/")
    type(HostileHeap::CLASS_NAME[/\A[\w:]+/]) # a part of it
    keys("Enter")
    screen_with("class name", "60 instances")
    keys("q")
    screen_with("ended with 0")
  end

  def test_sort
    ruby("-rheap_dump", "-e", "$all = { b: 'x' * 900, a: 'y' * 5000, c: 1 }; HeapDump.dump(#{path('dump.json').inspect})")
    load_dump
    explore
    screen_with("The roots")
    keys("/")
    screen_with("Find")
    type("$all")
    keys("Enter")
    screen_with("[:b]")
    order = -> { screen.scan(/\[:([abc])\]/).flatten }
    assert_equal %w[b a c], order.call
    keys("s")
    screen_with("Sorted by retained bytes")
    assert_equal %w[a b c], order.call
    keys("s")
    screen_with("Sorted by name")
    keys("s")
    screen_with("Sorted as it was")
    assert_equal %w[b a c], order.call
  end

  def test_a_small_screen_and_another_size
    explore(size: [40, 6])
    screen_with("The roots")
    keys("NPage", "NPage", "End", "Home", "Up")
    tmux("resize-window", "-t", "heapq", "-x", "120", "-y", "40")
    screen_with("quit")
    keys("q")
    screen_with("ended with 0")
  end

  def test_long_lists_say_what_they_leave_out
    ruby("-rheap_dump", "-e", "$all = Array.new(600) { |n| [n] }; HeapDump.dump(#{path('dump.json').inspect})")
    load_dump
    all = sql("SELECT address FROM v_roots WHERE name = '$all'").first
    explore(all)
    keys("End")
    screen_with("… and what retains less")
    keys("o", "End")
    screen_with("… 101 more; `heapq show -n` lists them")
    keys("Home", "r", "End") # of the first line: its class
    screen_with("more; `heapq referrers --skip 500` lists them")
  end

  def test_without_a_terminal
    _, err, status = Open3.capture3(HEAPQ, "--db", path("heap.db"), "explore")
    assert_equal 2, status.exitstatus
    assert_match(/needs a terminal/, err)
  end

  private

  def explore(*arguments, size: [130, 40])
    @started = true
    command = "'#{HEAPQ}' --db '#{path('heap.db')}' explore #{arguments.join(' ')}; echo ended with $?; exec cat"
    run_command("tmux", "-f", "/dev/null", "-S", path("tmux"), "new-session", "-d", "-s", "heapq",
                "-x", size[0].to_s, "-y", size[1].to_s, "sh", "-c", command, env: { "LANG" => "C.UTF-8" })
  end

  def tmux(*arguments)
    Open3.capture2e("tmux", "-u", "-S", path("tmux"), *arguments).first
  end

  def keys(*keys)
    tmux("send-keys", "-t", "heapq", *keys)
  end

  # As it is: "0x10" alone would be the key with that number.
  def type(text)
    tmux("send-keys", "-l", "-t", "heapq", text)
  end

  def screen
    tmux("capture-pane", "-p", "-t", "heapq")
  end

  def screen_with(*texts)
    last = ""
    Timeout.timeout(PATIENCE) do
      until texts.all? { |text| (last = screen).include?(text) }
        sleep 0.2
      end
    end
    pass
  rescue Timeout::Error
    flunk "no #{texts.inspect} on\n#{last}"
  end

  # Marks the line that has `text`: from the first one down.
  def find_line(text)
    screen_with(text)
    keys("Home")
    at = screen.lines.drop(3).index { |line| line.include?(text) }
    assert at, "#{text} in a list, not only in the title:\n#{screen}"
    at.times { keys("Down") }
  end
end
