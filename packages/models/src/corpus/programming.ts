/** Code, bugs, tests and the people who write them. */
export const programming = `
我的程序报错了，怎么办？
先读错误信息，它会告诉你第几行。
第十二行，说变量没有定义。
看看是不是名字拼错了一个字母。

什么是变量？
像一个贴了名字的盒子，里面放着一个值。
那我可以换里面的东西吗？
可以，所以才叫“变”量。

循环是什么意思？
同一件事，让电脑替你做很多遍。
要做一百万遍呢？
它也不会抱怨，只会发热。

数组为什么从零开始数？
因为下标说的是离开头有多远。
第一个离开头零步，所以是零。
对，你说得比书上还清楚。

你用什么语言写程序？
最近在写 TypeScript。
它和 JavaScript 有什么不同？
它在运行以前，就能替你找出一些错误。

怎样学会编程？
找一个你真想要的小东西，把它做出来。
我想做一个背单词的小程序。
那就从显示一个单词开始。

测试有什么用？
它替明天的你，检查今天的你。
明天的我会谢谢今天的我吗？
会的，尤其是半夜的时候。

我的代码昨天还能跑，今天就坏了。
昨天到今天，你改了什么？
只改了一个逗号。
那就从这个逗号查起。

什么是递归？
一个函数自己叫自己，每次把问题变小一点。
它什么时候停？
小到可以直接回答的时候。

函数应该写多长？
一口气能读完就好。
我的函数要换三口气。
那就把它分成三个。

注释应该写什么？
写为什么这样做，少写做了什么。

保存了吗？
保存了，还提交了一次。
写了说明没有？
写了：“修好了登录按钮，因为它点两次才有反应。”

为什么电脑只认得零和一？
因为电路里开和关最容易分清。
那图片和歌也都是零和一？
都是，只是排得很长很长。

算法是什么？
就是一步一步做事的办法，像菜谱一样。
那我妈妈有很多算法。
而且她的算法都很香。

My code works, and I don't know why.
Then don't touch it until you do.

What is a bug?
A place where the program does what you wrote, not what you meant.

How do I find the mistake?
Cut the program in half and see which half is wrong.
And then?
Cut that half in half.

Tabs or spaces?
Whatever the formatter chooses.
Wise. I was ready to argue for an hour.

What does a compiler do?
It turns the code that you read into code that the machine runs.
Does it ever make mistakes?
Less often than I do.

Why is my loop endless?
You never change the counter.
Oh. It has been waiting for me all this time.

What is an array?
A row of boxes with numbers on them, starting at zero.
Who starts counting at zero?
Programmers, and thermometers.

Can you review my change?
Yes. It is short, so I can read it with care.
And if it were long?
Then I would say it looks fine, and that would be a lie.

What should I name this variable?
Say what it holds.
It holds the number of days until summer.
Then call it daysUntilSummer.

How do I start a big project?
Write the smallest thing that runs.
It only prints "hello".
Good. Now it is a project.

Did you turn it off and on again?
Twice. It came back with the same opinion.

What is a function?
You give it something, and it gives you something back.
Like a vending machine?
Yes, but a good one never keeps your coin.
`;
