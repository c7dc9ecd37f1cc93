# frozen_string_literal: true

# Loads the compiled extension. The gem for a platform has one for each version
# of Ruby; a checkout has one beside this file, the source gem where RubyGems
# keeps extensions.
version = RUBY_VERSION[/\A\d+\.\d+/]
folder = File.join(__dir__, version)
if File.directory?(folder)
  require File.join(folder, "heap_dump")
else
  begin
    require_relative "heap_dump"
  rescue LoadError
    begin
      require "heap_dump/heap_dump"
    rescue LoadError => e
      raise unless e.path == "heap_dump/heap_dump"

      remedy = if Dir.exist?(File.join(__dir__, "../../ext"))
                 "run `rake compile` in #{File.expand_path('../..', __dir__)}"
               else
                 "install the source gem: gem install heap_dump --platform ruby"
               end
      raise LoadError, "heap_dump has no compiled extension for Ruby #{version}; #{remedy}"
    end
  end
end
