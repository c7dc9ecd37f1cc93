# frozen_string_literal: true

# Builds the gem for one platform: no compiler is needed to install it.
#
#   ruby platform_gem.rb DUMPER EXTENSIONS HEAPQ COPYRIGHT OUTPUT
#
#   DUMPER      the gem's folder; files are added to it
#   EXTENSIONS  a folder with VERSION/heap_dump.so for each Ruby
#   HEAPQ       the program, which becomes the command heapq
#   COPYRIGHT   the licences of what the program and the extensions contain
#   OUTPUT      the folder that gets the gem; its path is printed

require "fileutils"
require "rubygems/package"

dumper, extensions, heapq, copyright, output = ARGV.map { |path| File.expand_path(path) }
Dir.chdir(dumper)
spec = Gem::Specification.load("heap_dump.gemspec")
versions = Dir.children(extensions).sort_by { |version| Gem::Version.new(version) }
abort "platform_gem: #{extensions} has no extension" if versions.empty?

added = versions.map { |version| ["#{extensions}/#{version}/heap_dump.so", "lib/heap_dump/#{version}/heap_dump.so", 0o755] }
added << [File.join(__dir__, "heapq"), "exe/heapq", 0o755]
added << [heapq, "libexec/heapq", 0o755]
added << [copyright, "THIRD_PARTY", 0o644]
added.each do |from, to, mode|
  FileUtils.mkdir_p(File.dirname(to))
  FileUtils.install(from, to, mode: mode)
end

spec.platform = Gem::Platform.new("#{`uname -m`.chomp}-linux")
spec.extensions = []
spec.requirements = ["Linux with glibc"]
spec.executables += ["heapq"]
spec.files = spec.files.reject { |name| name.start_with?("ext/") } + added.map { |_, to, _| to }
major, minor = versions.last.split(".").map(&:to_i)
spec.required_ruby_version = [">= #{versions.first}", "< #{major}.#{minor + 1}.dev"]
Gem::DefaultUserInteraction.ui = Gem::SilentUI.new
FileUtils.mv(Gem::Package.build(spec), output)
puts File.join(output, spec.file_name)
