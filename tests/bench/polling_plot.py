"""The benchmark of polling as a picture: mean delay against requests per build, a line a policy, both scales logarithmic."""

import math

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 400, 64, 20, 44, 52
COLOURS = {"exponential": "#b8860b", "fixed": "#5b6b7b", "adaptive": "#0a7d5c"}
STEPS = [1, 2, 5]


def ticks(low, high):
    found = []
    for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1):
        found += [step * 10**power for step in STEPS if low <= step * 10**power <= high]
    return found


def text(x, y, words, **more):
    attributes = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in more.items())
    return f'<text x="{x:.1f}" y="{y:.1f}"{attributes}>{words}</text>'


def drawing(found):
    points = {policy: sorted((found.by["all", None, budget, policy]["polls_per_build"],
                              found.by["all", None, budget, policy]["mean_s"]) for budget in found.budgets)
              for policy in COLOURS}
    polls, delays = zip(*(point for line in points.values() for point in line))
    delays = [max(delay, 1e-3) for delay in delays]
    low_x, high_x, low_y, high_y = min(polls) / 1.25, max(polls) * 1.6, min(delays) / 1.5, max(delays) * 1.5

    def place(poll, delay):
        across = math.log(poll / low_x) / math.log(high_x / low_x)
        up = math.log(max(delay, 1e-3) / low_y) / math.log(high_y / low_y)
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
             text(LEFT, 24, "Mean delay until the end of a build is seen, for the requests spent on it", font_size=14,
                  fill="#222222")]
    for delay in ticks(low_y, high_y):
        _, y = place(low_x, delay)
        parts += [f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#e3e3e3"/>',
                  text(LEFT - 8, y + 4, f"{delay:g} s", text_anchor="end", fill="#444444")]
    for poll in ticks(low_x, high_x):
        x, _ = place(poll, low_y)
        parts.append(text(x, HEIGHT - BOTTOM + 18, f"{poll:g}", text_anchor="middle", fill="#444444"))
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, "requests per build", text_anchor="middle", fill="#444444"))
    for policy, line in points.items():
        places = [place(*point) for point in line]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        colour = COLOURS[policy]
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in places]
        parts.append(text(places[-1][0] + 8, places[-1][1] + 4, policy, fill=colour))
    return "\n".join([*parts, "</svg>"]) + "\n"
