# frozen_string_literal: true

module HeapDump
  class LeakDetector
    # Watches what known libraries make for a request or a job. `install` does
    # so for those that are loaded; `wait` also for those that are loaded later,
    # so that `RUBYOPT=-rheap_dump/watch` is enough.
    module Libraries
      JOB_OVER = "its job has ended"
      WAIT_SECONDS = 60

      # Adds each new object to the scope of the request.
      module NoteNew
        def initialize(*)
          super
          RequestScope.note(self)
        end
        ruby2_keywords(:initialize) if respond_to?(:ruby2_keywords, true)
      end

      # Puts the middleware in front of an application that Rack::Builder makes.
      module WatchedApp
        def to_app
          Rack.new(super)
        end
      end

      # Sinatra handles each request with a copy of the application.
      module NoteApplication
        def call!(*)
          RequestScope.note(self)
          super
        end
      end

      module WatchedJob
        def perform_now
          RequestScope.open(JOB_OVER) do |scope|
            scope.note(self)
            super
          end
        end
      end

      # Server middleware of Sidekiq.
      class Sidekiq
        def call(worker, *)
          RequestScope.open(JOB_OVER) do |scope|
            scope.note(worker)
            yield
          end
        end
      end

      # Class => what to do with it; false if it is not yet ready for it: a class
      # or module may be opened several times.
      INSTALLERS = {
        "Rack::Builder" => ->(builder) { builder.prepend(WatchedApp) },
        "Rack::Request" => ->(request) { request.prepend(NoteNew) },
        "Sinatra::Base" => ->(base) { base.prepend(NoteApplication) },
        "ActionDispatch::Request" => ->(request) { request.prepend(NoteNew) },
        "ActionView::Base" => ->(view) { view.prepend(NoteNew) },
        "ActiveJob::Base" => ->(job) { job.prepend(WatchedJob) },
        "ActiveRecord::Base" => lambda do |record|
          record.respond_to?(:after_initialize) && record.after_initialize { RequestScope.note(self) }
        end,
        "Rails::Railtie" => ->(railtie) { railtie.respond_to?(:initializer) && (require_relative("railtie") || true) },
        "Sidekiq" => lambda do |sidekiq|
          sidekiq.respond_to?(:configure_server) &&
            (sidekiq.configure_server { |config| config.server_middleware { |chain| chain.add(Sidekiq) } } || true)
        end
      }.freeze
      MODULE_NAME = Module.instance_method(:name)
      private_constant :INSTALLERS, :NoteNew, :WatchedApp, :NoteApplication, :WatchedJob, :MODULE_NAME

      @installed = {}

      class << self
        # Watches objects of the given libraries that are loaded.
        def install(names = INSTALLERS.keys)
          names.each do |name|
            library = loaded(name)
            install_in(name, library) if library
          end
        end

        # As `install`, also for libraries that are loaded in the first minute.
        # A TracePoint sees the end of each class body until then.
        def wait
          install
          @deadline = clock + WAIT_SECONDS
          @tracepoint = TracePoint.new(:end) { |point| class_ended(point.self) }
          @tracepoint.enable
        end

        def stop_waiting
          return unless @tracepoint && (clock > @deadline || @installed.size == INSTALLERS.size)

          @tracepoint.disable
          @tracepoint = nil
        end

        private

        def class_ended(opened)
          name = MODULE_NAME.bind_call(opened)
          install_in(name, opened) if name && INSTALLERS.key?(name)
          stop_waiting
        end

        def install_in(name, library)
          return if @installed[name]

          @installed[name] = true # A handler may load more.
          @installed.delete(name) unless INSTALLERS.fetch(name).call(library)
        rescue StandardError => e
          $stderr.write("heap_dump: leak detector: #{name} is not watched: #{e.message} (#{e.class})\n")
        end

        # The class of that name; nil if it is not there or would be autoloaded.
        def loaded(name)
          name.split("::").inject(Object) do |scope, part|
            return nil if !scope.const_defined?(part, false) || scope.autoload?(part)

            scope.const_get(part, false)
          end
        end

        def clock
          Process.clock_gettime(Process::CLOCK_MONOTONIC)
        end
      end
    end
  end
end
