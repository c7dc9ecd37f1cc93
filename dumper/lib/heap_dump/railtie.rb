# frozen_string_literal: true

module HeapDump
  # Gives a Rails application `config.heap_dump` and `rake heap:dump`. Loaded by
  # `require "heap_dump"` in a program that has loaded Rails.
  #
  #   # config/application.rb
  #   config.heap_dump.hook = true           # a dump when the process gets a signal
  #   config.heap_dump.signal = "URG"
  #   config.heap_dump.dir = "/var/tmp/heaps"
  #
  # Each other setting is that of the hook's variable HEAP_DUMP_<NAME>, which comes
  # first where it is set. `dir` is `tmp/heap_dumps` unless it is given.
  class Railtie < ::Rails::Railtie
    config.heap_dump = ActiveSupport::OrderedOptions.new

    # The settings as the variables that the hook reads. ArgumentError: a
    # setting that the hook does not have.
    #
    # @param options [Hash{Symbol => Object}] `config.heap_dump`
    # @param root [Pathname] the application's folder
    # @param env [Hash{String => String}] the environment
    # @return [Hash{String => String}]
    def self.environment(options, root, env = ENV.to_h)
      settings = { dir: root.join("tmp/heap_dumps") }.merge(options.to_h)
      settings.delete(:hook)
      unknown = settings.keys - Hook::Settings::NAMES
      raise ArgumentError, "config.heap_dump has no #{unknown.join(', ')}" unless unknown.empty?

      settings.to_h { |name, value| ["HEAP_DUMP_#{name.upcase}", value == true ? "1" : value.to_s] }.merge(env)
    end

    initializer "heap_dump.hook" do |app|
      if app.config.heap_dump.hook
        require "heap_dump/hook/settings"
        env = Railtie.environment(app.config.heap_dump, app.root)
        require "heap_dump/hook/dumper"
        require "heap_dump/hook/memory_limit"
        require "heap_dump/hook/signals"
        Hook.install(env)
      end
    rescue StandardError => e
      # As for the hook itself: it never keeps a program from booting.
      $stderr.puts("heap_dump: the hook is off in pid #{Process.pid}: #{e.message}")
    end

    rake_tasks { load File.expand_path("rake_tasks.rb", __dir__) }
  end
end
