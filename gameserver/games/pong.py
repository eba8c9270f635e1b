"""Pong for two, built step by step in docs/writing-a-game.md."""

from collections.abc import Mapping

from gameserver import (
    Brain,
    Entity,
    Event,
    Game,
    Globals,
    Input,
    Options,
    Player,
    PlayerId,
    Profile,
    Replica,
    Result,
    boolean,
    entities_of,
    integer,
    real,
    shared,
)

WIDTH, HEIGHT = 320.0, 200.0
REACH = 18.0  # a ball this far from the middle of a paddle still meets it
PADDLE_SPEED = 2.5  # pixels a tick, like every speed here
SERVE_SPEED, TOP_SPEED, FASTER = 2.0, 3.75, 0.125  # across the court; each hit makes the ball faster
STEEPEST = 2.5  # up or down, off the very end of a paddle
SERVE_SECONDS, REMATCH_SECONDS = 1.0, 5.0


class Ball(Entity):
    x: float = real(quantum=1 / 32, low=0.0, high=WIDTH)
    y: float = real(quantum=1 / 32, low=0.0, high=HEIGHT)
    dx: float = real(quantum=1 / 32, default=0.0)
    dy: float = real(quantum=1 / 32, default=0.0)


class Paddle(Entity):
    y: float = real(quantum=1 / 32, low=REACH, high=HEIGHT - REACH, default=HEIGHT / 2)
    right: bool = boolean()
    score: int = integer(0, 99, default=0)


class Table(Globals):
    goals: int = integer(1, 99, default=7)
    pause: int = integer(0, 600, default=0)  # ticks until the ball is served


class Move(Input):
    up: bool = boolean()
    down: bool = boolean()


class Rules(Options):
    goals: int = integer(1, 99, default=7)


class Goal(Event, reliable=True):
    right: bool = boolean()  # who scored


class PongBrain(Brain):
    """Goes where the ball will arrive. It misjudges fast balls, a weak player more than a strong one."""

    seen_dx = 0.0
    mistake = 0.0

    def think(self, view: Replica, player: PlayerId) -> Move:
        (ball,) = view.all(Ball)
        mine = next(paddle for paddle in view.all(Paddle) if paddle.owner == player)
        if ball.dx != self.seen_dx:  # it was served or hit since the last look
            self.seen_dx = ball.dx
            self.mistake = self.random.real(-1.0, 1.0) * abs(ball.dx) * (18 - 4 * self.strength)
        target = HEIGHT / 2
        if ball.dx and (ball.dx > 0.0) == mine.right:  # it is coming
            distance = WIDTH - ball.x if mine.right else ball.x
            flight = (ball.y + ball.dy * distance / abs(ball.dx)) % (2 * HEIGHT)
            target = min(flight, 2 * HEIGHT - flight) + self.mistake  # the walls fold its way
        return Move(up=mine.y > target + 8.0, down=mine.y < target - 8.0)


class Pong(Game):
    name = "pong"
    tick_rate = 60
    max_players = 2
    closes_when_over = False
    inputs = Move
    options = Rules
    events = (Goal,)
    brain = PongBrain

    balls = entities_of(Ball)
    paddles = entities_of(Paddle)
    table = shared(Table)

    def setup(self, options: Rules) -> None:
        self.table.goals = options.goals
        self.balls.add(Ball(x=WIDTH / 2, y=HEIGHT / 2))
        self.begin()

    def join(self, player: Player, profile: Profile) -> None:
        self.paddles.add(Paddle(owner=player.owner, right=self.paddle(right=False) is not None))
        self.begin()

    def leave(self, player: Player) -> None:
        for paddle in self.paddles:
            if paddle.owner == player.owner:
                self.paddles.remove(paddle)
        self.begin()

    def step(self, inputs: Mapping[PlayerId, Move]) -> None:
        for paddle in self.paddles:
            wanted = inputs[paddle.owner]
            y = paddle.y + PADDLE_SPEED * (wanted.down - wanted.up)
            paddle.y = min(max(y, REACH), HEIGHT - REACH)
        (ball,) = self.balls
        if self.table.pause == 0:
            self.fly(ball)
            return
        self.table.pause -= 1
        if self.table.pause == 0 and self.is_over():
            self.begin()
        elif self.table.pause == 0:
            ball.dx = self.random.choice((-SERVE_SPEED, SERVE_SPEED))
            ball.dy = self.random.real(-1.0, 1.0)

    def is_over(self) -> Result | None:
        scores = {paddle.owner: paddle.score for paddle in self.paddles}
        winners = tuple(player for player, score in scores.items() if score == self.table.goals)
        return Result(winners=winners, scores=scores) if winners else None

    def begin(self) -> None:
        for paddle in self.paddles:
            paddle.score = 0
        self.rest(SERVE_SECONDS)

    def rest(self, seconds: float) -> None:
        (ball,) = self.balls
        ball.x, ball.y, ball.dx, ball.dy = WIDTH / 2, HEIGHT / 2, 0.0, 0.0
        self.table.pause = self.ticks(seconds)

    def fly(self, ball: Ball) -> None:
        ball.x = min(max(ball.x + ball.dx, 0.0), WIDTH)
        ball.y += ball.dy
        if not 0.0 <= ball.y <= HEIGHT:
            ball.y = -ball.y if ball.y < 0.0 else 2 * HEIGHT - ball.y
            ball.dy = -ball.dy
        if 0.0 < ball.x < WIDTH:
            return
        right = ball.x == WIDTH
        paddle, opponent = self.paddle(right=right), self.paddle(right=not right)
        if paddle is None or abs(ball.y - paddle.y) <= REACH:
            speed = min(abs(ball.dx) + FASTER, TOP_SPEED)
            ball.dx = -speed if right else speed
            ball.dy = STEEPEST * (ball.y - paddle.y) / REACH if paddle else ball.dy  # nobody there: a wall
            return
        if opponent is not None:
            opponent.score += 1
            self.emit(Goal(right=opponent.right))
        self.rest(REMATCH_SECONDS if self.is_over() else SERVE_SECONDS)

    def paddle(self, *, right: bool) -> Paddle | None:
        return next((paddle for paddle in self.paddles if paddle.right == right), None)
