# frozen_string_literal: true

# What tests/rubies/prepare says and leaves behind when a system can't be
# made. Makes none: the programs that would are stand-ins.

require "fileutils"
require "minitest/autorun"
require "open3"
require "tmpdir"

class PrepareTest < Minitest::Test
  PREPARE = File.expand_path("prepare", __dir__)

  def setup
    @folder = Dir.mktmpdir
    @programs = File.join(@folder, "bin")
    @cache = File.join(@folder, "cache")
    FileUtils.mkdir_p(@programs)
    program("id", "echo 0")
    # Runs what it is given without a namespace, which needs root.
    program("unshare", 'while [ "${1#--}" != "$1" ]; do shift; done; exec "$@"')
  end

  def teardown
    FileUtils.rm_rf(@folder)
  end

  def test_names_what_debootstrap_said
    program("debootstrap", "mkdir -p #{in_work('etc')}; echo 'E: No such suite'; exit 1")
    assert_skipped(/Ruby 3\.3 \(trixie\): E: No such suite; see .*log$/)
    assert_nothing_is_left
  end

  def test_gives_up_after_the_time_limit
    program("debootstrap", "mkdir -p #{in_work('etc')}; echo 'E: Can not write log'; exec sleep 60")
    assert_skipped(/not made within 1 s/, "HEAP_DUMP_RUBIES_TIMEOUT" => "1")
    assert_nothing_is_left
  end

  def test_a_half_made_system_is_not_taken_for_a_whole_one
    program("debootstrap", "echo 'E: cut'; exit 1")
    whole = prepare.first[/(\S+)\.log$/, 1]
    FileUtils.mkdir_p(["#{whole}.partial/usr", "#{whole}/usr"])
    assert_skipped(/E: cut/)
  end

  def test_a_whole_system_is_left_alone
    program("debootstrap", "echo 'E: not again'; exit 1")
    whole = prepare.first[/(\S+)\.log$/, 1]
    FileUtils.mkdir_p(whole)
    File.write("#{whole}/ruby_description", "ruby 3.3")
    output, status = prepare
    assert_equal "ready: 3.3 #{whole}\n", output
    assert_predicate status, :success?
  end

  def test_needs_root
    program("id", "echo 1000")
    assert_skipped(/needs root/)
  end

  def test_needs_an_archive_that_debootstrap_can_read
    program("debootstrap", "exit 1")
    assert_skipped(/can't read mirror\+file: archives/,
                   "HEAP_DUMP_RUBIES_MIRROR" => "mirror+file:/etc/apt/mirrors.list")
  end

  def test_knows_its_rubies
    _, errors, status = Open3.capture3(environment, PREPARE, "1.8")
    assert_equal 1, status.exitstatus
    assert_match(/no Ruby 1\.8 in the catalog; it has: 2\.7 3\.1 3\.3 3\.4/, errors)
  end

  private

  def program(name, script)
    path = File.join(@programs, name)
    File.write(path, "#!/bin/sh\n#{script}\n")
    File.chmod(0o755, path)
  end

  # For a stand-in of debootstrap: a path in the folder that it is to fill,
  # the last argument but one.
  def in_work(path)
    %("$(eval "echo \\${$(($# - 1))}")/#{path}")
  end

  def environment(more = {})
    { "PATH" => "#{@programs}:#{ENV.fetch('PATH')}", "HEAP_DUMP_RUBIES_DIR" => @cache,
      "HEAP_DUMP_RUBIES_MIRROR" => "http://archive.invalid/debian" }.merge(more)
  end

  def prepare(more = {})
    output, _, status = Open3.capture3(environment(more), PREPARE, "3.3")
    [output, status]
  end

  def assert_skipped(reason, more = {})
    output, status = prepare(more)
    assert_match(/\Askipped: /, output)
    assert_match(reason, output)
    assert_equal 77, status.exitstatus
  end

  def assert_nothing_is_left
    left = Dir.children(@cache).reject { |name| name.end_with?(".log", ".lock") }
    assert_empty left
  end
end
