# frozen_string_literal: true

# Other people's tools from npm, which must find what heapq finds: installed
# once, in the build folder, at the versions of referees/package.json.
module Referees
  FOLDER = File.join(EndToEnd::REPOSITORY, "build/referees")
  INSTALL = %w[npm install --no-save --no-package-lock --no-audit --no-fund --ignore-scripts].freeze

  def referee(name)
    File.join(FOLDER, name)
  end

  # Tests that run side by side wait for each other here.
  def install_referees(package)
    skip "SKIPPED: needs npm, for #{package}" unless system("npm --version", %i[out err] => File::NULL)

    FileUtils.mkdir_p(FOLDER)
    File.open("#{FOLDER}/lock", "w") do |lock|
      lock.flock(File::LOCK_EX)
      FileUtils.cp(Dir[File.join(__dir__, "../referees/*")], FOLDER)
      next if File.directory?(File.join(FOLDER, "node_modules", package))

      out, status = Open3.capture2e({ "PUPPETEER_SKIP_DOWNLOAD" => "1" }, *INSTALL, chdir: FOLDER)
      skip "SKIPPED: npm can't install #{package}:\n#{out}" unless status.success?
    end
  end
end
