# frozen_string_literal: true

module HeapDump
  class LeakDetector
    # Rack middleware: when a request is over, its environment and what the
    # libraries made for it should be released. See Libraries for the latter.
    #
    #     use HeapDump::LeakDetector::Rack
    class Rack
      REASON = "its request is over"

      def initialize(app)
        @app = app
      end

      def call(env)
        RequestScope.open(REASON) do |scope|
          response = @app.call(env)
          scope.note(env)
          controller = env["action_controller.instance"]
          scope.note(controller) if controller
          response
        end
      end
    end
  end
end
