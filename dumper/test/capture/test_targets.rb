# frozen_string_literal: true

require_relative "capture_helper"
require "etc"
require "socket"

# A path is created, or replaces a regular file of the same user. Everything
# else that it may stand for is refused and left as it is.
class TestTargets < Minitest::Test
  include TakeHelper

  MODES = %w[clone fork in_place].freeze
  # A user that owns nothing here.
  OTHER_UID = 65_534

  def test_replaces_a_regular_file_of_the_same_user
    MODES.each do |mode|
      File.write(path("old.json"), "old")
      ruby("HeapDump.dump('old.json', mode: ARGV[0].to_sym)", mode)
      assert_whole("old.json")
      assert_no_leftovers ["old.json"]
    end
  end

  def test_fifo_whose_reader_waits
    File.mkfifo(path("target"), 0o666)
    reader = File.open(path("target"), File::RDONLY | File::NONBLOCK)
    assert_refused(/the path is a FIFO, .* pass the IO/)
    assert_equal "fifo", File.ftype(path("target"))
    assert_nil reader.read_nonblock(1, exception: false)
  ensure
    reader&.close
  end

  def test_socket
    server = UNIXServer.new(path("target"))
    assert_refused(/the path is a socket, .* pass the IO/)
    assert_equal :wait_readable, server.accept_nonblock(exception: false)
  ensure
    server&.close
  end

  def test_symbolic_link
    File.write(path("secret"), "secret")
    ["secret", "missing", "/dev/null"].each do |goal|
      FileUtils.rm_f(path("target"))
      File.symlink(goal, path("target"))
      assert_refused(/the path is a symbolic link, .* give the path it leads to/, others: ["secret"])
      assert_equal goal, File.readlink(path("target"))
    end
    assert_equal "secret", File.read(path("secret"))
  end

  # The folder may be reached by links: they are the administrator's.
  def test_symbolic_link_to_the_folder
    Dir.mkdir(path("folder"))
    File.symlink("folder", path("link"))
    ruby("HeapDump.dump('link/dump.json')")
    assert_whole("folder/dump.json")
  end

  def test_device
    MODES.each do |mode|
      assert_match(%r{WriteError: /dev/null: the path is a device; .* pass the IO},
                   error_of("HeapDump.dump('/dev/null', mode: ARGV[0].to_sym)", mode))
    end
    assert_equal "characterSpecial", File.ftype("/dev/null")
  end

  def test_another_users_file
    skip "only root can give files away" unless Process.euid.zero?

    File.write(path("target"), "theirs")
    File.chown(OTHER_UID, nil, path("target"))
    assert_refused(/the path is another user's file, .* remove it/)
    assert_equal "theirs", File.read(path("target"))
    assert_equal OTHER_UID, File.stat(path("target")).uid
  end

  # Between the opening and the end another process makes the name.
  def test_name_that_is_taken_meanwhile
    { "fifo" => -> { File.mkfifo(path) }, "link" => -> { File.symlink("/dev/null", path) } }.each do |type, take|
      FileUtils.rm_f(path)
      pid, _, out = start(<<~RUBY)
        $big = Array.new(400_000) { |i| [i.to_s] }
        puts "ready"
        begin
          HeapDump.dump
          puts "nothing was raised"
        rescue HeapDump::WriteError => e
          puts e.message
        end
      RUBY
      wait_until("a child writes") { Dir.children(@folder).any? { |name| name.end_with?(".tmp") } }
      take.call
      assert_match(/\Adump.json: the path is a (FIFO|symbolic link), /, out.gets, "#{type} #{pid}")
      assert_equal type, File.ftype(path)
      assert_no_leftovers ["dump.json"]
    end
  end

  def test_folder_that_cannot_be_listed
    skip "the superuser may list every folder" if Process.euid.zero? && !other_user?

    Dir.mkdir(path("drop"))
    File.chmod(0o755, @folder)
    File.chmod(0o1733, path("drop"))
    script = "Process::Sys.setuid(#{OTHER_UID}) if Process.euid.zero?; HeapDump.dump(ARGV[0])"
    File.chmod(0o333, path("drop")) unless Process.euid.zero?
    ruby(script, path("drop/dump.json"))
    File.chmod(0o755, path("drop"))
    assert_whole("drop/dump.json")
  end

  def test_streams_are_written_in_place_to_no_pipe_socket_or_terminal
    error = /Refused: mode in_place does not write to a pipe, socket or terminal, /
    ["$r, w = IO.pipe", "require 'socket'; $r, w = UNIXSocket.pair", "require 'pty'; $r, w = PTY.open"].each do |open|
      assert_match(error, error_of("#{open}; HeapDump.dump(w, mode: :in_place)"))
    end
  end

  # Nor does what the program has in its own buffer, for which the pipe has no
  # room.
  def test_fifo_without_a_reader_does_not_outlast_the_timeout
    File.mkfifo(path("fifo"))
    ["", "w.write_nonblock('x' * 65_536); w.write('x'); "].each do |before|
      assert_match(/\AHeapDump::Timeout: /,
                   error_of("w = File.open('fifo', File::RDWR); #{before}HeapDump.dump(w, timeout: 0.3)"))
    end
  end

  # The hook's names can be guessed by the millisecond.
  def test_names_that_the_hook_makes
    pid, _, _, err = start("puts 'ready'; sleep", options: ["-r#{fixed_time}", "-rheap_dump/hook"])
    name = path("heap_dump-#{pid}-20200101T000000.000Z.json")
    File.mkfifo(name, 0o666)
    reader = File.open(name, File::RDONLY | File::NONBLOCK)
    Process.kill(:USR2, pid)
    assert_match(/no dump: .* the path is a FIFO, /, Timeout.timeout(PATIENCE) { err.gets })
    assert_nil reader.read_nonblock(1, exception: false)
  ensure
    reader&.close
  end

  private

  # All modes refuse the file "target" and leave nothing else.
  def assert_refused(message, others: [])
    MODES.each do |mode|
      error = error_of("HeapDump.dump('target', mode: ARGV[0].to_sym)", mode)
      assert_match(/\AHeapDump::WriteError: target: /, error)
      assert_match(message, error)
    end
    assert_no_leftovers ["target", *others]
  end

  def other_user?
    system(RUBY, "-e", "Process::Sys.setuid(#{OTHER_UID}); exit!(File.readable?(ARGV[0]))", LIB, err: File::NULL)
  end

  # A file to require that lets the hook's clock stand still.
  def fixed_time
    File.write(path("fixed.rb"), <<~RUBY)
      class << Time
        alias real_now now
        def now
          Thread.current.name == "heap_dump" ? Time.utc(2020) : real_now
        end
      end
    RUBY
    path("fixed.rb")
  end
end
