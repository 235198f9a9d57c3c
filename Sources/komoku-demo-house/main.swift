import Glibc

/// Seconds of a clock that only goes forward.
func monotonicSeconds() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
}

/// Lets the house live in step with the clock until the lifeline is cut.
func run(_ options: Options) throws {
    var lifeline = Lifeline()
    let link = try BrokerLink(port: options.port, subscriptions: House.commandTopics, will: House.will)
    var house = House(seed: options.seed, start: Int64(time(nil)))
    print("A simulated house publishes to 127.0.0.1:\(options.port), seed \(options.seed), speed \(options.speed).")
    fflush(nil)
    var lived = 0.0
    var last = monotonicSeconds()
    var commands = link.turn(milliseconds: 100)
    while !lifeline.isCut() {
        // After a suspended night the house goes on where it was, rather than living through all of it at once.
        let now = monotonicSeconds()
        lived += min(now - last, 1) * options.speed
        last = now
        link.publish(house.advance(to: lived))
        for command in commands { link.publish(house.receive(topic: command.topic, payload: command.payload)) }
        commands = link.turn(milliseconds: 20)
    }
    link.publish(House.farewell)
    link.close()
}

do {
    let arguments = CommandLine.arguments.dropFirst()
    if arguments.contains("--help") || arguments.contains("-h") {
        print(Options.usage)
    } else {
        let options = try Options(parsing: arguments)
        if options.pastDays > 0 {
            var past = Past(days: options.pastDays, end: Int64(time(nil)), seed: options.seed)
            for line in past.lines() { print(line) }
        } else {
            try run(options)
        }
    }
} catch {
    let text = "komoku-demo-house: \(error)\n\(Options.usage)\n"
    write(STDERR_FILENO, text, text.utf8.count)
    exit(2)
}
